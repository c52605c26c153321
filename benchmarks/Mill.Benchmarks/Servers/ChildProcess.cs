using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Mill.Benchmarks.Servers;

/// <summary>A server that was started here, and is stopped here.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts a server and waits until it says where it listens. Throws <see cref="InvalidOperationException"/> with what it said instead.</summary>
    public static async Task<(ChildProcess Process, Uri Address)> StartAsync(string executable, IReadOnlyList<string> arguments, string home)
    {
        var child = new ChildProcess(new Process { StartInfo = StartInfo(executable, arguments, home), EnableRaisingEvents = true });
        child._process.OutputDataReceived += (_, line) => child.Hear(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Hear(line.Data);
        child._process.Exited += (_, _) => child._address.TrySetException(new InvalidOperationException($"{executable} ended: {child.Said}"));
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        try
        {
            return (child, await child._address.Task.WaitAsync(StartLimit, TimeProvider.System));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>How everything is started: with a home of its own, so that no run meets the configuration of whoever runs it.</summary>
    public static ProcessStartInfo StartInfo(string executable, IReadOnlyList<string> arguments, string home)
    {
        var info = new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = home };
        foreach (var name in info.Environment.Keys.Where(name => name.StartsWith("MILL_", StringComparison.Ordinal)).ToList()) info.Environment.Remove(name);
        info.Environment["XDG_CONFIG_HOME"] = Path.Combine(home, "config");
        info.Environment["XDG_DATA_HOME"] = Path.Combine(home, "data");
        info.Environment["HOME"] = home;
        return info;
    }

    /// <summary>What of its memory is resident, in bytes.</summary>
    public long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(Digits().Match(line).Value, CultureInfo.InvariantCulture);
    }

    /// <summary>Returns when it has said something so often. Throws <see cref="TimeoutException"/>.</summary>
    public async Task UntilSaidAsync(string what, int times, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        while (Count(what) < times)
        {
            if (Stopwatch.GetElapsedTime(start) > limit) throw new TimeoutException($"It said \"{what}\" {Count(what)} times, not {times}.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>SIGKILL, now.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(Id, Terminate);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
    }

    private string Said
    {
        get
        {
            lock (_lines) return string.Join(" / ", _lines);
        }
    }

    private int Count(string what)
    {
        lock (_lines) return _lines.Count(line => line.Contains(what, StringComparison.Ordinal));
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        // A token is no news for a terminal.
        lock (_lines) _lines.Add(line.Contains("mill_", StringComparison.Ordinal) ? "(token)" : line);
        if (Address().Match(line) is { Success: true } found) _address.TrySetResult(new(found.Value));
    }

    [GeneratedRegex(@"(?<=^address: |^)https?://127\.0\.\d+\.\d+:\d+$")]
    private static partial Regex Address();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
