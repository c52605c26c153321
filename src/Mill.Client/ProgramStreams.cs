using Mill.Client.Contracts;

namespace Mill.Client;

/// <summary>What a program in a container reads and writes. The streams stay the caller's to dispose.</summary>
/// <param name="Input">Its end is that of the program's input. It is read ahead of the program, and may still be read when that has ended.</param>
/// <param name="Errors">What it writes to its other stream; with a terminal all is in <paramref name="Output"/>.</param>
public sealed record ProgramStreams(Stream Input, Stream Output, Stream Errors)
{
    /// <summary>Of the terminal that the program gets, and again whenever they change; the first one is waited for. Null for a program without a terminal.</summary>
    public IAsyncEnumerable<TerminalItem>? Sizes { get; init; }
}
