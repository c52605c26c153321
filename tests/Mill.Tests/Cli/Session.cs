using System.Text;
using Mill.Interaction;
using Mill.Testing;
using Mill.Tests.Client;

namespace Mill.Tests.Cli;

#pragma warning disable CA1001 // streams in memory hold nothing to give back

/// <summary>One run of <c>mill</c> inside the test: what goes in, and what came out.</summary>
internal sealed class Session
{
    private readonly ReadOutput _output = new();
    private readonly MemoryStream _error = new();

    public Dictionary<string, string> Variables { get; } = [];

    public byte[] Input { get; set; } = [];

    public bool IsTerminal { get; set; }

    /// <summary>Who reads the output is gone after so many writes.</summary>
    public int MostWrites { get => _output.MostWrites; set => _output.MostWrites = value; }

    /// <summary>Where it runs.</summary>
    public string? Directory { get; init; }

    public int Width { get; init; } = 120;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What a person types where nothing is shown.</summary>
    public Queue<ConsoleKeyInfo> Keys { get; } = new();

    public string Output => Encoding.UTF8.GetString(_output.ToArray());

    public byte[] OutputBytes => _output.ToArray();

    public string Error => Encoding.UTF8.GetString(_error.ToArray());

    public static Session With(FakeMill mill, TimeProvider? time = null) => new() { Time = time ?? TimeProvider.System, Variables = { ["MILL_ADDRESS"] = mill.Address.ToString(), ["MILL_TOKEN"] = FakeMill.Token } };

    public void Type(string text)
    {
        foreach (var character in text) Keys.Enqueue(new(character, character is '\r' ? ConsoleKey.Enter : character is '\b' ? ConsoleKey.Backspace : ConsoleKey.None, false, false, false));
    }

    public Task<int> RunAsync(params string[] args) => RunAsync(args, CancellationToken.None);

    public Task<int> RunAsync(string[] args, CancellationToken cancellationToken) => Mill.Commands.Cli.RunAsync(args, Host(), cancellationToken);

    /// <summary>Runs while time goes by. Calls may take all of it: nobody knows how slow this machine is.</summary>
    public async Task<int> RunInTimeAsync(ManualTime time, params string[] args)
    {
        Variables["MILL_API_CLIENT_TIMEOUT_MS"] = "86400000";
        var run = RunAsync(args);
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System));
        }
        return await run;
    }

    /// <summary>What a command sees of this.</summary>
    public CliHost Host()
    {
        var terminal = new Terminal(new MemoryStream(Input), _output, _error)
        {
            InputIsTerminal = IsTerminal,
            OutputIsTerminal = IsTerminal,
            MeasureWidth = () => Width,
            ReadKey = Keys.Dequeue,
        };
        var host = new CliHost(terminal, Variables.GetValueOrDefault, Time);
        return Directory is null ? host : host with { Directory = Directory };
    }

    private sealed class ReadOutput : MemoryStream
    {
        private int _writes;

        public int MostWrites { get; set; } = int.MaxValue;

        // All other ways to write end here.
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (_writes++ >= MostWrites) throw new OutputClosedException();
            base.Write(buffer, offset, count);
        }
    }
}
