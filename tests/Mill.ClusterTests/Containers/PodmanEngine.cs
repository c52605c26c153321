using System.Diagnostics;
using Mill.ClusterTests.Processes;
using Mill.Node.Docker;
using Xunit;

namespace Mill.ClusterTests.Containers;

/// <summary>A Podman of the tests' own, which speaks as a Docker Engine does (podman-system-service(1)), with the image of <see cref="DockerEngine"/>. It ends with the tests.</summary>
public sealed class PodmanEngine : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("mill-podman-").FullName;
    private Process? _process;

    public DockerAddress Address => new(Path.Combine(_root, "podman.sock"), new("http://podman"));

    public async Task InitializeAsync()
    {
        // What machines differ in: cgroups of both versions at once, limits that may not be raised, and no journal.
        await File.WriteAllTextAsync(Path.Combine(_root, "containers.conf"), """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            log_driver = "k8s-file"
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            runtime = "runc"
            """);
        await ImportAsync();
        Start();
        using var docker = new DockerClient(Address, TimeProvider.System);
        await Until.TrueAsync("Podman answers", TimeSpan.FromSeconds(60), async () =>
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

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            Signals.Send(_process.Id, Signal.Terminate);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        await RunAsync("sh", "-c", $"grep -o '{_root}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf {_root}");
    }

    /// <summary>Runs podman(1).</summary>
    public Task<string> PodmanAsync(params string[] arguments) => RunAsync("podman", [.. Places(), .. arguments]);

    private string[] Places() => ["--root", Path.Combine(_root, "root"), "--runroot", Path.Combine(_root, "run"), "--tmpdir", Path.Combine(_root, "tmp"), "--storage-driver", "vfs"];

    private async Task ImportAsync()
    {
        var bin = Directory.CreateDirectory(Path.Combine(_root, "image", "bin")).FullName;
        File.Copy("/bin/busybox", Path.Combine(bin, "busybox"));
        foreach (var name in new[] { "sh", "sleep", "httpd", "echo", "mkdir" }) File.CreateSymbolicLink(Path.Combine(bin, name), "busybox");
        await RunAsync("tar", "-C", Path.Combine(_root, "image"), "-cf", Path.Combine(_root, "image.tar"), ".");
        // Its compatible API takes short names for those of Docker's own registry.
        await PodmanAsync("import", Path.Combine(_root, "image.tar"), $"docker.io/{DockerEngine.Image}");
    }

    private void Start() => _process = Process.Start(Describe("podman", [.. Places(), "system", "service", "--time=0", Address.ToString()])) ?? throw new InvalidOperationException("podman did not start");

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Describe(program, arguments)) ?? throw new InvalidOperationException($"{program} did not start");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode is 0 ? (await output).Trim() : throw new Xunit.Sdk.XunitException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }

    private ProcessStartInfo Describe(string program, string[] arguments) =>
        new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["CONTAINERS_CONF"] = Path.Combine(_root, "containers.conf") } };
}
