using System.Diagnostics;
using System.Text;

namespace Mill.ClusterTests.Processes;

/// <summary>One run of the executable, with everything it says. Disposing kills it, if it still runs, and all that it started.</summary>
internal sealed class MillProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private readonly Task<int> _exit;

    private MillProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        _exit = WaitAsync(process);
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output, SeeAddress), ReadAsync(process.StandardError, _errors, static _ => { }));
    }

    public int Id { get; }

    public bool HasExited => _exit.IsCompleted;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    public static MillProcess Start(Sandbox sandbox, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? runner = null) =>
        Start(sandbox, arguments, environment, runner?.Split(' ') ?? []);

    public static MillProcess Start(Sandbox sandbox, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, IReadOnlyList<string> runner)
    {
        var command = new List<string>(runner) { MillExecutable.Path };
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MILL_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in sandbox.Environment().Concat(environment ?? new Dictionary<string, string>())) start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    public async Task WriteInputAsync(string text, bool close)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
        if (close) _process.StandardInput.Close();
    }

    /// <summary>The address it serves, once it says so. Throws <see cref="MillDidNotStartException"/> if it ends before.</summary>
    public async Task<string> AddressAsync()
    {
        var exited = ExitAsync();
        if (await Task.WhenAny(_address.Task, exited).WaitAsync(Patience) == exited && !_address.Task.IsCompleted) throw new MillDidNotStartException(await exited, Errors);
        return await _address.Task;
    }

    /// <summary>The exit code, once it ended and everything it said was read.</summary>
    public async Task<int> ExitAsync()
    {
        var code = await _exit.WaitAsync(Patience);
        await _reading.WaitAsync(Patience);
        return code;
    }

    /// <summary>SIGKILL, now; returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        Kill();
        await ExitAsync();
    }

    public void Kill() => Send(Signal.Kill);

    public void Send(Signal signal)
    {
        if (!HasExited) Signals.Send(Id, signal);
    }

    public async ValueTask DisposeAsync()
    {
        // What it started may hold its output open for ever.
        if (!HasExited) _process.Kill(entireProcessTree: true);
        await ExitAsync();
        _process.Dispose();
    }

    /// <summary>The only one who asks the process for its exit code: of two who ask at once, one may be told 0, because .NET says that it ended before it knows how.</summary>
    private static async Task<int> WaitAsync(Process process)
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static string Text(StringBuilder text)
    {
        lock (text) return text.ToString();
    }

    private static async Task ReadAsync(StreamReader from, StringBuilder to, Action<string> see)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to) to.Append(line).Append('\n');
            see(line);
        }
    }

    private void SeeAddress(string line)
    {
        const string Label = "address:";
        if (line.TrimStart().StartsWith(Label, StringComparison.Ordinal)) _address.TrySetResult(line.Trim()[Label.Length..].Trim());
    }
}

/// <summary>A server ended before it was ready.</summary>
internal sealed class MillDidNotStartException(int exitCode, string errors) : Exception($"mill ended with code {exitCode}: {errors}")
{
    public int ExitCode { get; } = exitCode;

    public string Errors { get; } = errors;
}
