using System.Text.Json;
using Mill.Core.Language;
using Mill.Core.Specs;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Language;

public sealed class MillFileTests
{
    private const string Whole = """
        # three services and a task
        service "web" {
          image    = "registry.example.com/web:v4"
          port     = 3000
          replicas = 3
          cpu      = 1
          memory   = "1Gi"
          command  = ["./serve", "--verbose"]

          env {
            DATABASE_URL = "postgres://${secret(db.user)}:${secret(db.password)}@${service.db.address}/app"
            WORKERS      = 4
            DEBUG        = false
            LITERAL      = "$${not.a.reference}"
            EMPTY        = ""
          }

          secret_file "/run/secrets/tls.key" {
            content = "${secret(TLS_KEY)}"
          }

          health { path = "/healthz"; interval = "2s"; failure_threshold = 5 }

          update {
            max_parallel = 2
            healthy_for  = "10s"
            order        = "stop_first"
          }

          pre_deploy { command = ["./migrate"] }

          route "WWW.example.com" { path = "/" }
          route "www.example.com:x" { path = "/" }
        }

        service "db" {
          image   = "postgres:16"
          network = "bridge"
          port    = 5432
          volume "data" {
            path = "/var/lib/postgresql/data"
            size = "10G"
          }
          constraints { disk = "ssd" }
          health { command = ["pg_isready"] }
        }

        task "report" {
          image    = "report:v1"
          timeout  = "30m"
          schedule = "0 6 * * mon-fri"
          env = {
            MESSAGE = <<-END
              two
                lines
              END
          }
        }

        registry "registry.example.com" {
          username = "deploy"
          password = "${secret(REGISTRY)}"
        }
        """;

    private static readonly string Good = Whole.Replace("  route \"www.example.com:x\" { path = \"/\" }\n", "", StringComparison.Ordinal);

    [Fact]
    public void A_whole_file_says_what_it_says()
    {
        var spec = Read(Good);

        var web = spec.Services[0];
        Assert.Equal(("web", 3, 3000, 1m, 1L << 30), (web.Name, web.Replicas, web.Container.Port!.Value, web.Container.Cpu, web.Container.Memory));
        Assert.Equal(["./serve", "--verbose"], web.Container.Command);
        Assert.Equal(["TLS_KEY", "db.password", "db.user"], web.Container.Secrets().Select(name => name.Value).Order(StringComparer.Ordinal));
        Assert.Equal(["db"], web.Container.Services());
        Assert.Equal(("4", "false", ""), (web.Container.Env["WORKERS"].Source, web.Container.Env["DEBUG"].Source, web.Container.Env["EMPTY"].Source));
        Assert.Equal(new TemplatePart(TemplatePartKind.Literal, "${not.a.reference}", 0), Assert.Single(web.Container.Env["LITERAL"].Parts));
        Assert.Equal(
            ["Literal postgres://", "Secret db.user", "Literal :", "Secret db.password", "Literal @", "Address db", "Literal /app"],
            web.Container.Env["DATABASE_URL"].Parts.Select(part => $"{part.Kind} {part.Text}"));
        Assert.Equal(("/run/secrets/tls.key", "0400"), (web.Container.SecretFiles[0].Path, web.Container.SecretFiles[0].Mode));
        Assert.Equal((HealthKind.Http, "/healthz", TimeSpan.FromSeconds(2), 5, TimeSpan.FromSeconds(5)), (web.Health!.Kind, web.Health.Path, web.Health.Interval, web.Health.FailureThreshold, web.Health.Timeout));
        Assert.Equal((2, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), UpdateOrder.StopFirst), (web.Update.MaxParallel, web.Update.HealthyFor, web.Update.Deadline, web.Update.Order));
        Assert.Equal(["./migrate"], web.PreDeploy!.Command);
        Assert.Equal(new RouteSpec("www.example.com", "/", false), Assert.Single(web.Routes));

        var db = spec.Services[1];
        Assert.Equal((ContainerNetwork.Bridge, 1, 0.25m, 256_000_000L), (db.Container.Network, db.Replicas, db.Container.Cpu, db.Container.Memory));
        Assert.Equal(new VolumeSpec("data", "/var/lib/postgresql/data", 10_000_000_000, false), Assert.Single(db.Container.Volumes));
        Assert.Equal("ssd", db.Container.Constraints["disk"]);
        Assert.Equal((HealthKind.Command, 1), (db.Health!.Kind, db.Update.MaxParallel));
        Assert.Equal((TimeSpan.FromSeconds(5), UpdateOrder.StartFirst), (db.Update.HealthyFor, db.Update.Order));

        var task = Assert.Single(spec.Tasks);
        Assert.Equal((TimeSpan.FromMinutes(30), "0 6 * * mon-fri"), (task.Timeout, task.Schedule));
        Assert.Equal("two\n  lines\n", task.Container.Env["MESSAGE"].Source);
        Assert.Equal(new RegistrySpec("registry.example.com", new("deploy"), new("${secret(REGISTRY)}")), Assert.Single(spec.Registries));
    }

    [Fact]
    public void What_was_read_is_the_same_after_a_way_through_json()
    {
        var spec = Read(Good);
        var text = JsonSerializer.Serialize(spec, SpecJson.Default.DeploySpec);

        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize(text, SpecJson.Default.DeploySpec)!, SpecJson.Default.DeploySpec));
        Assert.Contains("\"order\":\"stop_first\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("start_first", text, StringComparison.Ordinal);
        Assert.Contains("\"password\":\"${secret(REGISTRY)}\"", text.Replace("\\u0024", "$", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_with_its_place()
    {
        var problems = Problems("""
            service "web" {
              imgae    = "web:v1"
              replicas = "three"
              cpu      = 0
              memory   = "12Q"
              port     = 0
              color    = "blue"
              env {
                A = "${secret()}"
                B = "${service.cache.address}"
                C = "${secret(X)"
                D = "${file(x)}"
              }
              health { path = "healthz"; intervall = "10s" }
              volume "data" { path = "/data" }
            }
            task "Report" {
              image   = "r"
              timeout = "soon"
              port    = 80
            }
            """);

        Assert.Equal(
            [
                "1:1: service.web.image is missing.",
                "2:3: There is no imgae in service. Did you mean image?",
                "3:14: service.web.replicas must be a whole number, without quotes.",
                "4:14: service.web.cpu must be greater than 0.",
                "5:14: service.web.memory is no size. A size is a whole number and B, K, M, G or T, or Ki, Mi, Gi or Ti: \"256M\", \"1Gi\".",
                "6:14: service.web.port must be greater than 0.",
                "7:3: There is no color in service. There are image, command, port, network, replicas, cpu, memory, stop_grace, env, secret_file, health, update, pre_deploy, post_deploy, route, volume, constraints.",
                "9:10: service.web.env.A: empty secret name",
                "10:10: service.web.env.B: unknown service reference 'cache'.",
                "11:10: service.web.env.C: unclosed reference: a } is missing. Known are ${secret(NAME)} and ${service.NAME.address}. Write $${ for ${ itself.",
                "12:10: service.web.env.D: unknown interpolation. Known are ${secret(NAME)} and ${service.NAME.address}. Write $${ for ${ itself.",
                "14:19: service.web.health.path must start with /.",
                "14:30: There is no intervall in health. Did you mean interval?",
                "15:10: service.web.volume.data is kept, and so must have a size: write size = \"10Gi\", or ephemeral = true.",
                "17:6: This is no name. A name has 1 to 40 of a-z 0-9 -, begins with a letter, and does not end with -.",
                "19:13: task.Report.timeout is no length of time. A length of time is a whole number and ms, s, m, h or d, or several of them: \"30s\", \"1h30m\".",
                "20:3: There is no port in task. There are image, command, cpu, memory, timeout, schedule, stop_grace, env, secret_file, volume, constraints.",
            ],
            problems);
    }

    [Theory]
    [InlineData("service web { image = \"a\" }", "1:9: Put quotes around the name.")]
    [InlineData("service \"web\" {\n image = \"a\"\n", "1:15: This block, service, has no end: a } is missing.")]
    [InlineData("service \"web\" { image = \"a\" }\n}", "2:1: There is a } too many.")]
    [InlineData("service \"web\" {\n  image = \"a\n}", "2:11: This text has no end: a \" is missing.")]
    [InlineData("service \"web\" {\n  image = web\n}", "2:11: A text stands in quotes.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  memory = 256M\n}", "3:12: This is no number. Put quotes around a text.")]
    [InlineData("service \"web\" {\n  image =\n}", "2:10: A value is missing: a text in quotes, a number, true, false, or a list in brackets.")]
    [InlineData("service \"web\" {\n  image = \"a\" cpu = 1\n}", "2:15: Each thing stands on a line of its own, or behind a semicolon.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  image = \"b\"\n}", "3:3: service.web.image stands here twice.")]
    [InlineData("service \"web\" { image = \"a\" }\nservice \"web\" { image = \"b\" }", "2:1: service \"web\" stands here twice.")]
    [InlineData("service \"web\" { image = \"a\" }\ntask \"web\" { image = \"b\" }", "2:6: task.web has the name of a service.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  env = \"A\"\n}", "3:3: env is a block: write env { … }.")]
    [InlineData("service \"web\" {\n  image \"a\" { }\n}", "2:3: image is no block: write image = …")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  command = \"sh -c x\"\n}", "3:13: service.web.command must be a list, in which every argument is a text of its own: [\"./serve\", \"--verbose\"], or, for a shell, [\"sh\", \"-c\", \"…\"].")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  command = []\n}", "3:13: service.web.command is empty: name a program, such as [\"./serve\", \"--verbose\"], or leave it out.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  command = [\"--password\", \"${secret(P)}\"]\n}", "3:13: service.web.command cannot hold references: whoever is on the node can read what programs are started with. Put the reference into env, and have a shell read the variable: [\"sh\", \"-c\", \"serve --key $KEY\"].")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  cpu = \"500m\"\n}", "3:9: service.web.cpu must be a number, without quotes, such as 0.5.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  memory = 512\n}", "3:12: service.web.memory is counted in bytes without a unit: write \"512M\".")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  enviroment { }\n}", "3:3: There is no enviroment in service. Did you mean env?")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  env {\n    A = \"1\"\n}\nservice \"b\" { image = \"b\" }\n", "6:1: service stands in the file itself, and this is in service \"web\": a } is missing before it.|1:15: This block, service, has no end: a } is missing.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  port = 80\n  env { PORT = \"3333\" }\n}", "4:9: service.web.env.PORT is set by Mill, to the port that it has to listen on: leave it out. What has a port of its own needs network = \"bridge\" and port = …")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  env {\n    FOO-BAR = \"1\"\n    \"A B\" = \"1\"\n    1A = \"1\"\n    PORT = \"80\"\n  }\n}", "4:5: This is no name of a variable: it has letters, digits, _ and ., and begins with no digit.|5:5: This is no name of a variable: it has letters, digits, _ and ., and begins with no digit.|6:5: Here stands the name of something, such as image = \"…\", or service \"web\" { … }.")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  env {\n    A = \"secret(db/pass)\"\n    B = \"x $secret(b)\"\n    C = \"no secret(c)\"\n  }\n}", "4:10: task.t.env.A: a reference has braces around it: write ${secret(db/pass)}.|5:12: task.t.env.B: a reference has braces around it: write ${secret(b)}.")]
    [InlineData("service \"a\" {\n  image = \"a\"\n  port = 1\n  env { B = \"${service.b.address}\" }\n}\nservice \"b\" {\n  image = \"b\"\n  port = 1\n  env { A = \"${service.a.address}\" }\n}", "1:9: These services need each other's address before they can start: a → b → a.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  command = [\"b\" \"c\"]\n}", "3:18: Between the things of a list stand commas.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  env { A = \"${service.web.address}\" }\n}", "3:14: service.web.env.A: the service web has no port, and so no address.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  port = 80\n  health { path = \"/\"; tcp = true }\n}", "4:3: service.web.health says more than one thing: path, tcp or command.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  health { path = \"/\" }\n}", "3:3: service.web.health needs a port, or a command.")]
    [InlineData("service \"web\" {\n  image = \"a\\q\"\n}", "2:13: A backslash stands before n, r, t, \", \\ or u with four hex digits. Write \\\\ for the backslash itself.")]
    [InlineData("task \"a\" {\n  image = \"a\"\n  schedule = \"61 * * * *\"\n}", "3:14: task.a.schedule is no schedule: this is no minute: a number from 0 to 59, *, a range such as 1-5, a step such as */10, or several of them with commas between.")]
    [InlineData("task \"a\" {\n  image = \"a\"\n  schedule = \"0 0 30 2 *\"\n}", "3:14: task.a.schedule is no schedule: there is no such day.")]
    [InlineData("servise \"web\" { image = \"a\" }", "1:1: There is no servise in a file. Did you mean service?")]
    [InlineData("/* open", "1:1: This comment has no end: a */ is missing.")]
    [InlineData("service \"web\" {\n  image = <<END\nabc\n}", "2:11: This text has no end: a line with nothing but END is missing.|1:15: This block, service, has no end: a } is missing.")]
    [InlineData("service \"\" { image = \"a\" }", "1:9: This is no name. A name has 1 to 40 of a-z 0-9 -, begins with a letter, and does not end with -.")]
    [InlineData("registry \"https://ghcr.io\" {\n  username = \"a\"\n  password = \"b\"\n}", "1:10: registry.https://ghcr.io is no host: write it as images do, such as \"ghcr.io\" or \"registry.example.com:5000\".")]
    [InlineData("@", "1:1: Nothing begins with @ here.")]
    public void A_mistake_is_told_once_where_it_is(string text, string expected) => Assert.Equal(expected.Split('|').Order(), Problems(text).Order());

    [Fact]
    public void Whatever_the_bytes_there_is_an_answer()
    {
        var random = new Random(20261122);
        const string Signs = "{}[]=\"\\$;,:#/*\n\r <abcservice \u00e4\0-.0123EOD<<";
        for (var round = 0; round < 20_000; round++)
        {
            var text = round % 2 is 0
                ? string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => Signs[random.Next(Signs.Length)]))
                : Damaged(random, Good);
            try
            {
                Read(text);
            }
            catch (MillException e) when (e.Error is MillError.InvalidSpec)
            {
                Assert.All(e.Problems, problem => Assert.True(problem is { Line: > 0, Column: > 0 }));
            }
        }
    }

    private static string Damaged(Random random, string text)
    {
        var place = random.Next(text.Length);
        return random.Next(3) switch
        {
            0 => text[..place],
            1 => text.Remove(place, Math.Min(random.Next(1, 9), text.Length - place)),
            _ => text.Insert(place, "{}[]=\"$<#;"[random.Next(10)].ToString()),
        };
    }

    private static DeploySpec Read(string text) => MillFile.Read(new("app.mill", text));

    private static List<string> Problems(string text)
    {
        var failure = Assert.Throws<MillException>(() => Read(text.ReplaceLineEndings("\n")));
        Assert.Equal(MillError.InvalidSpec, failure.Error);
        return [.. failure.Problems.Select(problem => $"{problem.Line}:{problem.Column}: {problem.Detail}")];
    }
}
