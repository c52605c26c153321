using System.Diagnostics;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Processes;
using Mill.Node.Docker;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>A Docker Engine of the tests' own, with one small image: busybox (https://busybox.net), which has a shell and an HTTP server. It ends with the tests.</summary>
public sealed class DockerEngine : IAsyncLifetime
{
    public const string Image = "mill-test/busybox:v1";

    private readonly string _root = Directory.CreateTempSubdirectory("mill-docker-").FullName;
    private readonly IReadOnlyList<string> _runner;
    private readonly bool _hasNetworks;
    private Process? _process;

    public DockerEngine()
        : this([])
    {
    }

    /// <param name="runner">What a command begins with that runs on the machine of this Engine.</param>
    /// <param name="hasNetworks">Whether it gives its containers networks of their own.</param>
    internal DockerEngine(IReadOnlyList<string> runner, bool hasNetworks = false) => (_runner, _hasNetworks) = (runner, hasNetworks);

    /// <summary>False where it was stopped, or has ended by itself.</summary>
    public bool Runs => _process is { HasExited: false };

    public DockerAddress Address => new(Path.Combine(_root, "docker.sock"), new("http://docker"));

    /// <summary>One with networks for its containers, on a machine of its own. The caller disposes it.</summary>
    internal static async Task<DockerEngine> StartOnAsync(Machine machine)
    {
        var engine = new DockerEngine(machine.Runner, hasNetworks: true);
        await engine.InitializeAsync();
        return engine;
    }

    public async Task InitializeAsync()
    {
        Start();
        await UntilAnswersAsync();
        await ImportAsync(Image);
    }

    /// <summary>As a machine whose Engine is restarted has it.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async Task StartAsync()
    {
        Start();
        await UntilAnswersAsync();
    }

    /// <summary>As a machine whose Engine ends has it, until it is started again.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) Signals.Send(_process.Id, Signal.Terminate);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
        // What the kernel accounts of containers that were killed with their Engine is nobody's any more.
        await RunAsync("sh", "-c", $"for id in $(ls {_root}/data/containers); do find /sys/fs/cgroup -depth -type d -name $id -exec rmdir {{}} + || true; done 2> /dev/null");
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        // Some of what the Engine mounted may be left of containers that it was killed with.
        await RunAsync("sh", "-c", $"grep -o '{_root}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf {_root}");
    }

    /// <summary>It does not answer any more, and what it runs goes on.</summary>
    public void Freeze() => Signals.Send(_process!.Id, Signal.Stop);

    public void Thaw() => Signals.Send(_process!.Id, Signal.Continue);

    /// <summary>The same image under another name.</summary>
    public async Task ImportAsync(string image)
    {
        var tree = Path.Combine(_root, "image");
        Directory.CreateDirectory(Path.Combine(tree, "bin"));
        File.Copy("/bin/busybox", Path.Combine(tree, "bin", "busybox"), overwrite: true);
        foreach (var name in new[] { "sh", "sleep", "httpd", "cat", "env", "true", "false", "echo", "mkdir", "ls", "stat", "seq", "dd", "kill", "id" })
        {
            var link = Path.Combine(tree, "bin", name);
            if (!File.Exists(link)) File.CreateSymbolicLink(link, "busybox");
        }
        await RunAsync("sh", "-c", $"tar -C {tree} -c . | docker -H {Address} import - {image} > /dev/null");
    }

    /// <summary>Runs docker(1).</summary>
    public Task<string> DockerAsync(params string[] arguments) => RunAsync("docker", ["-H", Address.ToString(), .. arguments]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }) ?? throw new InvalidOperationException($"{program} did not start");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode is 0 ? (await output).Trim() : throw new Xunit.Sdk.XunitException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }

    private void Start()
    {
        // Without a network of its own, the tests stay on the loopback of this machine; one that has one makes rules, and not every kernel knows the newer kind.
        var network = _hasNetworks ? "" : "--bridge=none --iptables=false";
        var before = _hasNetworks ? $"mkdir -p {_root}/bin && ln -sf /usr/sbin/iptables-legacy {_root}/bin/iptables && export PATH={_root}/bin:$PATH && " : "";
        var engine = $"{before}exec dockerd --data-root {_root}/data --exec-root {_root}/exec -H {Address} --pidfile {_root}/docker.pid {network} --ip6tables=false > {_root}/dockerd.log 2>&1";
        string[] command = [.. _runner, "sh", "-c", engine];
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..])) ?? throw new InvalidOperationException($"{command[0]} did not start");
    }

    private async Task UntilAnswersAsync()
    {
        using var docker = new DockerClient(Address, TimeProvider.System);
        await Until.TrueAsync("the Docker Engine answers", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                return (await docker.InfoAsync(CancellationToken.None)).NCPU > 0;
            }
            catch (Mill.Secrets.MillException) when (_process is { HasExited: false })
            {
                return false;
            }
        });
    }
}
