using System.Text;
using Mill.Secrets;

namespace Mill.Interaction;

/// <summary>The three streams of a command, and which of them are a person's screen. Data goes to the output, everything else to the error stream.</summary>
internal sealed class Terminal(Stream input, Stream output, Stream error)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public Stream Input => input;

    public Stream Output => output;

    public Stream Error => error;

    public bool InputIsTerminal { get; init; }

    /// <summary>A screen that understands more than plain lines.</summary>
    public bool OutputIsTerminal { get; init; }

    public bool Color { get; init; }

    public int Width => MeasureWidth();

    /// <summary>How many lines a screen has.</summary>
    public int Height => MeasureHeight();

    public Func<int> MeasureHeight { get; init; } = static () => 24;

    /// <summary>Only called where something is drawn: .NET then takes the terminal over, which a program that is run here must not find so.</summary>
    public Func<int> MeasureWidth { get; init; } = static () => 80;

    /// <summary>Waits for a key and does not show it.</summary>
    public Func<ConsoleKeyInfo> ReadKey { get; init; } = static () => Console.ReadKey(intercept: true);

    public static Terminal OfThisProcess()
    {
        var isScreen = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        return new(Console.OpenStandardInput(), new ProcessOutput(), Console.OpenStandardError())
        {
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = isScreen,
            Color = isScreen && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            MeasureHeight = () => isScreen ? Math.Max(4, Console.WindowHeight) : 24,
            MeasureWidth = () => isScreen ? Math.Max(40, Console.WindowWidth) : 80,
        };
    }

    public static void WriteVersion()
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Utf8.GetBytes($"mill {Words.Version}\n"));
    }

    /// <summary>A line of data.</summary>
    public void WriteLine(string line) => Write(output, line + "\n");

    /// <summary>Data, byte for byte.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    public void Write(SecretValue value) => value.Reveal(output, static (bytes, to) => to.Write(bytes));

    /// <summary>A line for the person, not for a program.</summary>
    public void Say(string line) => Write(error, line + "\n");

    public void Ask(string question) => Write(error, question);

    /// <summary>A line of the input without its end; null where there is no more.</summary>
    public string? ReadLine()
    {
        var line = new List<byte>();
        while (input.ReadByte() is >= 0 and var next)
        {
            if (next is '\n') return Utf8.GetString([.. line]).TrimEnd('\r');
            line.Add((byte)next);
        }
        return line.Count > 0 ? Utf8.GetString([.. line]) : null;
    }

    private static void Write(Stream stream, string text)
    {
        stream.Write(Utf8.GetBytes(text));
        stream.Flush();
    }
}
