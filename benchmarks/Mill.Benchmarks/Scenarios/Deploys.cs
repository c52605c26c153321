using System.Diagnostics;
using System.Globalization;
using Mill.Benchmarks.Load;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;
using Mill.Client;

namespace Mill.Benchmarks.Scenarios;

/// <summary>How long it takes until a service answers, against the same container by hand and by Docker Swarm on the same Engine; and what a rolling update costs those who use it.</summary>
internal sealed class Deploys(BenchOptions options, MillProcess mill, DockerEngineProcess engine) : IDisposable
{
    private const double RunRatio = 1.5;
    private const int RequestsPerSecond = 500;
    private const int Replicas = 3;
    private const double IdleBar = 150; // MB

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    /// <summary>Of the load alone, before an update and after it.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private int _port = 20_000 - 200; // below the ports that Mill gives

    /// <summary>One takes less than a second, and Engines are not steady.</summary>
    private int Rounds => 5 * options.Rounds;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var engine = await DockerEngineProcess.StartAsync();
        var findings = new List<Finding>();
        await using (var mill = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "deploy"), "--docker", engine.Address))
        {
            await Task.Delay(Idle, TimeProvider.System);
            var memory = mill.ResidentBytes() / 1e6;
            findings.Add(new("deploy", Text($"a node that runs nothing, {Idle.TotalSeconds:F0} s after its start"), Text($"{memory:F0} MB"), "", Text($"< {IdleBar:F0} MB"), memory < IdleBar));
            using var run = new Deploys(options, mill, engine);
            findings.InsertRange(0, [.. await run.StartsAsync(), await run.RollAsync()]);
        }
        findings.Add(await Adoption.RunAsync(options, directory, engine));
        findings.Add(Placements.Run());
        return findings;
    }

    public void Dispose() => _http.Dispose();

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private async Task<IReadOnlyList<Finding>> StartsAsync()
    {
        await engine.DockerAsync("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:23771");
        var (runs, swarms, mills) = (new List<double>(), new List<double>(), new List<double>());
        // The first is for the page cache, and for all three. In turn: the machine is the same for each.
        for (var round = -1; round < Rounds; round++)
        {
            var name = Text($"bench-{round + 1}");
            var run = await UntilItAnswersAsync(port => engine.DockerAsync(["run", "--detach", "--name", name, "--network", "host", DockerEngineProcess.Image, .. Command(port)]));
            await engine.DockerAsync("rm", "--force", name);
            // Nobody is asked for the image, as by the others.
            var swarm = await UntilItAnswersAsync(port => engine.DockerAsync(["service", "create", "--detach", "--quiet", "--no-resolve-image", "--name", name, "--network", "host", "--stop-grace-period", "0s", DockerEngineProcess.Image, .. Command(port)]));
            await engine.DockerAsync("service", "rm", name);
            await engine.UntilNothingRunsAsync();
            var deploy = await UntilItAnswersAsync(port => mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(Service(name, port))));
            await mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(DockerEngineProcess.Nothing));
            await engine.UntilNothingRunsAsync();
            if (round < 0) continue;
            runs.Add(run);
            swarms.Add(swarm);
            mills.Add(deploy);
        }
        await engine.DockerAsync("swarm", "leave", "--force");
        var (ours, byHand, bySwarm) = (Figures.Median(mills), Figures.Median(runs), Figures.Median(swarms));
        return
        [
            new("deploy", "from `mill deploy` to the first answer, whole process", Text($"{ours:F0} ms ({Figures.Spread(mills)})"), Text($"`docker run`: {byHand:F0} ms ({Figures.Spread(runs)})"), Text($"ratio ≤ {RunRatio:F2} (is {ours / byHand:F2})"), ours <= RunRatio * byHand),
            new("deploy", "the same", Text($"{ours:F0} ms ({Figures.Spread(mills)})"), Text($"`docker service create`: {bySwarm:F0} ms ({Figures.Spread(swarms)})"), Text($"ratio < 1.00 (is {ours / bySwarm:F2})"), ours < bySwarm),
        ];
    }

    private async Task<Finding> RollAsync()
    {
        await mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(Web(0)));
        using var client = new MillClient(new() { Address = mill.Address, Token = mill.Token });
        var (times, all) = (new List<double>(), new LoadCount(0, 0, TimeSpan.Zero));
        for (var version = 1; version <= options.Rounds; version++)
        {
            await using var load = new ServiceLoad(client, "web", RequestsPerSecond);
            await load.StartAsync();
            await Task.Delay(Steady, TimeProvider.System);
            var start = Stopwatch.GetTimestamp();
            await mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(Web(version)));
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            await Task.Delay(Steady, TimeProvider.System);
            all += await load.StopAsync();
        }
        await mill.RunAsync(options.Mill, "deploy", "--yes", "--file", mill.Write(DockerEngineProcess.Nothing));
        return new("deploy", Text($"rolling update of {Replicas} replicas under {RequestsPerSecond} requests a second"), Text($"{all.Failed} failed of {all.Sent}, which were {all.Sent / all.Took.TotalSeconds:F0}/s"), Text($"an update took {Figures.Median(times):F1} s"), "0 failed", all.Failed == 0);
    }

    /// <summary>Answers at a port that is known before, and at the one that it is given.</summary>
    private static string Service(string name, int port) => Text($$"""
        service "{{name}}" {
          image      = "{{DockerEngineProcess.Image}}"
          command    = ["sh", "-c", "httpd -p 127.0.0.1:{{port}} -h /www; exec httpd -f -p $PORT -h /www"]
          port       = 80
          stop_grace = "0s"
        }
        """);

    private static string Web(int version) => Text($$"""
        service "web" {
          image      = "{{DockerEngineProcess.Image}}"
          command    = ["sh", "-c", "exec httpd -f -p $PORT -h /www"]
          port       = 80
          replicas   = {{Replicas}}
          stop_grace = "1s"
          env { VERSION = "{{version}}" }
          health {
            path     = "/"
            interval = "500ms"
          }
        }
        """);

    private static string[] Command(int port) => ["httpd", "-f", "-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "-h", "/www"];

    /// <summary>In milliseconds.</summary>
    private async Task<double> UntilItAnswersAsync(Func<int, Task> start)
    {
        var address = new Uri(Text($"http://127.0.0.1:{_port}/"));
        var began = Stopwatch.GetTimestamp();
        var started = start(_port++);
        while (!await AnswersAsync(address))
        {
            if (started.IsFaulted) await started;
            if (Stopwatch.GetElapsedTime(began) > Patience) throw new InvalidOperationException($"{address} does not answer.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
        var elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        await started;
        return elapsed;
    }

    private async Task<bool> AnswersAsync(Uri address)
    {
        try
        {
            using var answer = await _http.GetAsync(address);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
