using System.Text.Json;
using Mill.Core.Language;
using Mill.Core.Specs;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Specs;

public sealed class SpecRulesTests
{
    private static readonly DeploySpec Good = MillFile.Read(new("app.mill", """
        service "web" {
          image = "web:v1"
          port  = 80
          env {
            B = "${secret(TOKEN)}"
            A = "1"
          }
          health { path = "/" }
          update { drain = "1d" }
        }
        task "job" { image = "job:v1" }
        registry "ghcr.io" {
          username = "me"
          password = "${secret(TOKEN)}"
        }
        """));

    private static ServiceSpec Web => Good.Services[0];

    [Fact]
    public void What_a_file_says_is_good() => Assert.Equal(["web"], SpecRules.Demand(Good).Services.Select(service => service.Name));

    [Fact]
    public void What_says_the_same_is_the_same()
    {
        var other = With(container => container with
        {
            Cpu = 0.2500m,
            Env = new Dictionary<string, Template> { ["B"] = container.Env["B"], ["A"] = container.Env["A"] },
        });

        Assert.NotEqual(SpecJson.Text(Web), SpecJson.Text(other.Services[0]));
        Assert.Equal(SpecJson.Text(SpecRules.Demand(Good).Services[0]), SpecJson.Text(SpecRules.Demand(other).Services[0]));
        Assert.Equal("1", SpecRules.Demand(With(container => container with { Cpu = 1.0m })).Services[0].Container.Cpu.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void What_no_key_and_no_container_can_be_is_refused()
    {
        Refuse("has no valid name", WithWeb(web => web with { Name = "" }));
        Refuse("has no valid name", WithWeb(web => web with { Name = "a/b" }));
        Refuse("has the name of tasks that are started without a template", WithWeb(web => web with { Name = "run" }));
        Refuse("\"job\" is there more than once", WithWeb(web => web with { Name = "job", Container = Good.Tasks[0].Container, Health = null }));
        Refuse("is no host", Good with { Registries = [Good.Registries[0] with { Address = "ghcr.io/org" }] });
        Refuse("has less memory than 6Mi", With(container => container with { Memory = 1 << 20 }));
        Refuse("has a cpu", With(container => container with { Cpu = 0 }));
        Refuse("has no valid image", With(container => container with { Image = "a b" }));
        Refuse("has no valid image", With(container => container with { Image = "a\ud800" }));
        Refuse("has a text that no process can be given", With(container => container with { Env = new Dictionary<string, Template> { ["A"] = new("\0") } }));
        Refuse("has a variable", With(container => container with { Env = new Dictionary<string, Template> { ["A=B"] = new("x") } }));
        Refuse("refers to the address of \"db\"", With(container => container with { SecretFiles = [new("/run/a", new("${service.db.address}"), "0400")] }));
        Refuse("has a volume", With(container => container with { Volumes = [new("", "/data", null, true)] }));
        Refuse("\"/data\" is there more than once", With(container => container with { Volumes = [new("a", "/data", null, true), new("b", "/data", null, true)] }));
        Refuse("is larger than 256Ki", Good with { Tasks = [.. Enumerable.Range(0, 5).Select(i => Large(60_000) with { Name = $"t{i}" })] });
        Refuse("is larger than 8Mi with all its replicas", WithWeb(web => web with { Replicas = 200, Container = Large(60_000).Container, Health = null }));
        Assert.Equal(100, SpecRules.Demand(WithWeb(web => web with { Replicas = 100, Container = Large(60_000).Container, Health = null })).Services[0].Replicas);
        Assert.Contains("is larger than 64Ki", Assert.Throws<MillException>(() => SpecRules.Demand(Large(70_000))).Message, StringComparison.Ordinal);
        Refuse("is larger than 64Ki", With(container => container with { Env = new Dictionary<string, Template> { ["A"] = new(new string('x', 70_000)) } }));
    }

    [Fact]
    public void Nothing_where_something_belongs_is_told_by_its_place()
    {
        const string Text = """{"name":"a","container":{"image":"a","command":["x"],"network":"host","cpu":1,"memory":100000000,"env":{"A":"b"},"secret_files":[],"volumes":[],"constraints":{"c":"d"},"stop_grace":"1s"}""";
        const string Service = Text + ""","replicas":1,"update":{"max_parallel":1,"healthy_for":"1s","deadline":"1s","drain":"1s"},"routes":[{"host":"a.example","path":"/","is_web_socket":false}],"pre_deploy":{"command":["x"],"timeout":"1s"}}""";
        Assert.Equal([], Holes(Service));
        Assert.Equal(["This has nothing where something belongs: services."], Holes("null"));
        Assert.Equal(["This has nothing where something belongs: a.command."], Holes(Service.Replace("\"command\":[\"x\"],\"network\"", "\"command\":[null],\"network\"", StringComparison.Ordinal)));
        Assert.Equal(["This has nothing where something belongs: a.env."], Holes(Service.Replace("\"b\"", "null", StringComparison.Ordinal)));
        Assert.Equal(["This has nothing where something belongs: a.constraints."], Holes(Service.Replace("\"d\"", "null", StringComparison.Ordinal)));
        Assert.Equal(["This has nothing where something belongs: a.secret_files."], Holes(Service.Replace("\"secret_files\":[]", "\"secret_files\":[null]", StringComparison.Ordinal)));
        Assert.Equal(["This has nothing where something belongs: a.volumes."], Holes(Service.Replace("\"volumes\":[]", "\"volumes\":[null]", StringComparison.Ordinal)));
        Assert.Equal(["This has nothing where something belongs: a.routes."], Holes(Service.Replace("[{\"host\"", "[null,{\"host\"", StringComparison.Ordinal)));
        Assert.Equal(["This has nothing where something belongs: a.pre_deploy.command."], Holes(Service.Replace("\"pre_deploy\":{\"command\":[\"x\"]", "\"pre_deploy\":{\"command\":[null]", StringComparison.Ordinal)));
        Assert.Contains("command", Assert.Throws<MillException>(() => SpecRules.Demand(Good.Tasks[0] with { Container = Good.Tasks[0].Container with { Command = [null!] } })).Message, StringComparison.Ordinal);
        Assert.Contains("env.A", Assert.Throws<MillException>(() => SpecRules.Demand(Good.Tasks[0] with { Container = Good.Tasks[0].Container with { Env = new Dictionary<string, Template> { ["A"] = new(null!) } } })).Message, StringComparison.Ordinal);

        static IEnumerable<string> Holes(string service)
        {
            var spec = JsonSerializer.Deserialize($$"""{"services":[{{service}}],"tasks":[],"registries":[]}""", SpecJson.Default.DeploySpec)!;
            var problems = new SpecProblems();
            problems.Look(spec);
            return problems.Found.Where(problem => !problem.Contains("has a route, and no port", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_would_take_for_ever_is_refused()
    {
        var long2 = TimeSpan.FromDays(2);
        Refuse("lengths of time", WithWeb(web => web with { Update = web.Update with { Drain = long2 } }));
        Refuse("lengths of time", WithWeb(web => web with { Health = web.Health! with { Interval = long2 } }));
        Refuse("has a health check that asks never", WithWeb(web => web with { Health = web.Health! with { Timeout = TimeSpan.Zero } }));
        Refuse("has a stop_grace", With(container => container with { StopGrace = long2 }));
        Refuse("has a hook whose timeout", WithWeb(web => web with { PreDeploy = new(["a"], long2) }));
        Refuse("has a max_parallel", WithWeb(web => web with { Update = web.Update with { MaxParallel = 0 } }));
        Refuse("has replicas", WithWeb(web => web with { Replicas = 1001 }));
        Refuse("has a timeout", Good with { Tasks = [Good.Tasks[0] with { Timeout = TimeSpan.FromDays(31) }] });
        Refuse("has no valid schedule", Good with { Tasks = [Good.Tasks[0] with { Schedule = "0 0 30 2 *" }] });
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var wrong = With(container => container with { Cpu = 0, Memory = 1 });

        Assert.Equal(2, Assert.Throws<MillException>(() => SpecRules.Demand(wrong)).Problems.Count);
    }

    private static TaskSpec Large(int size) => Good.Tasks[0] with { Container = Good.Tasks[0].Container with { Env = new Dictionary<string, Template> { ["A"] = new(new string('x', size)) } } };

    private static DeploySpec WithWeb(Func<ServiceSpec, ServiceSpec> change) => Good with { Services = [change(Web)] };

    private static DeploySpec With(Func<ContainerSpec, ContainerSpec> change) => WithWeb(web => web with { Container = change(web.Container) });

    private static void Refuse(string reason, DeploySpec spec)
    {
        var refusal = Assert.Throws<MillException>(() => SpecRules.Demand(spec));
        Assert.Equal(MillError.InvalidSpec, refusal.Error);
        Assert.Contains(reason, string.Join('\n', refusal.Problems.Select(problem => problem.Detail).Append(refusal.Message)), StringComparison.Ordinal);
    }
}
