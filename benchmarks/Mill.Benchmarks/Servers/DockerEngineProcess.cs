using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mill.Benchmarks.Servers;

/// <summary>A Docker Engine of its own, with one small image: busybox (https://busybox.net). It ends with the run.</summary>
internal sealed partial class DockerEngineProcess : IAsyncDisposable
{
    public const string Image = "mill-bench/busybox:v1";

    /// <summary>A file without a service: what ran is removed.</summary>
    public const string Nothing = $$"""
        task "none" { image = "{{Image}}" }
        """;

    private const int Terminate = 15;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly string _root;
    private readonly Process _process;

    private DockerEngineProcess(string root, Process process) => (_root, _process) = (root, process);

    public string Address => $"unix://{_root}/docker.sock";

    /// <summary>Without a network of its own: all is on the loopback of this machine.</summary>
    public static async Task<DockerEngineProcess> StartAsync()
    {
        // A socket's path may have 107 bytes: not below the directory of the run.
        var root = Directory.CreateTempSubdirectory("mill-docker-").FullName;
        var command = $"exec dockerd --data-root {root}/data --exec-root {root}/exec -H unix://{root}/docker.sock --pidfile {root}/docker.pid --bridge=none --iptables=false --ip6tables=false > {root}/dockerd.log 2>&1";
        var engine = new DockerEngineProcess(root, Process.Start("sh", ["-c", command]));
        var start = Stopwatch.GetTimestamp();
        while (!await engine.TryAsync("version"))
        {
            if (Stopwatch.GetElapsedTime(start) > StartLimit) throw new InvalidOperationException("dockerd does not answer.");
            await Task.Delay(Look, TimeProvider.System);
        }
        await RunAsync("sh", "-c", $"mkdir -p {root}/image/bin {root}/image/www && cp /bin/busybox {root}/image/bin/ && for name in sh httpd sleep; do ln -sf busybox {root}/image/bin/$name; done && echo ok > {root}/image/www/index.html && tar -C {root}/image -c . | docker -H {engine.Address} import - {Image} > /dev/null");
        return engine;
    }

    /// <summary>Runs docker(1). Throws <see cref="InvalidOperationException"/> with what it said where it fails.</summary>
    public Task<string> DockerAsync(params string[] arguments) => RunAsync("docker", ["-H", Address, .. arguments]);

    public async Task UntilNothingRunsAsync()
    {
        while (await DockerAsync("ps", "--all", "--quiet") is not "") await Task.Delay(Look, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _ = Kill(_process.Id, Terminate);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // Some of what the Engine mounted may be left.
        await RunAsync("sh", "-c", $"grep -o '{_root}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l; rm -rf {_root}");
    }

    private async Task<bool> TryAsync(params string[] arguments)
    {
        try
        {
            await DockerAsync(arguments);
            return true;
        }
        catch (InvalidOperationException) when (!_process.HasExited)
        {
            return false;
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode is 0 ? (await output).Trim() : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
