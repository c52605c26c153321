using System.Diagnostics;
using Mill.ClusterTests.Processes;
using Mill.Node.Docker;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>A Docker Engine of the tests' own, with one small image: busybox (https://busybox.net), which has a shell and an HTTP server. It ends with the tests.</summary>
public sealed class DockerEngine : IAsyncLifetime
{
    public const string Image = "mill-test/busybox:v1";

    private readonly string _root = Directory.CreateTempSubdirectory("mill-docker-").FullName;
    private Process? _process;

    public DockerAddress Address => new(Path.Combine(_root, "docker.sock"), new("http://docker"));

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
        Signals.Send(_process.Id, Signal.Terminate);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        // Some of what the Engine mounted may be left of containers that it was killed with.
        await RunAsync("sh", "-c", $"grep -o '{_root}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf {_root}");
    }

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
        // Without a network of its own: the tests stay on the loopback of this machine.
        var log = Path.Combine(_root, "dockerd.log");
        var command = $"exec dockerd --data-root {_root}/data --exec-root {_root}/exec -H {Address} --pidfile {_root}/docker.pid --bridge=none --iptables=false --ip6tables=false > {log} 2>&1";
        _process = Process.Start(new ProcessStartInfo("sh", ["-c", command])) ?? throw new InvalidOperationException("sh did not start");
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
