using System.Diagnostics;
using System.Text;
using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Samples;

/// <summary>A sample that runs, with all that it says. Disposing kills it, if it still runs, and all that it started.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly Task _reading;

    private SampleProcess(Process process, bool readsOutput)
    {
        _process = process;
        _reading = Task.WhenAll(readsOutput ? ReadAsync(process.StandardOutput) : Task.CompletedTask, ReadAsync(process.StandardError));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output, where it is not somebody else's, and error stream.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>What it reads and, where that was asked for, what it writes.</summary>
    public (Stream Input, Stream Output) Line => (_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);

    public static SampleProcess Start(Sandbox sandbox, string name, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, bool readsOutput = true)
    {
        var start = new ProcessStartInfo(SamplePrograms.Of(name), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = sandbox.Root };
        foreach (var (variable, value) in sandbox.Environment().Concat(environment)) start.Environment[variable] = value;
        return new(Process.Start(start)!, readsOutput);
    }

    public Task SaysAsync(string text) => SaysAsync($"'{text}'", said => said.Contains(text, StringComparison.Ordinal));

    public Task SaysAsync(string what, Func<string, bool> condition) => Until.TrueAsync($"{what}, it said '{Said}'", Patience, () => Task.FromResult(condition(Said)));

    /// <summary>Ends it as whoever started it would. Returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signals.Send(Id, Signal.Terminate);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading.WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Closes what it reads, and waits for its end.</summary>
    public async Task<int> CloseAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading.WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (_said) _said.Append(line).Append('\n');
        }
    }
}
