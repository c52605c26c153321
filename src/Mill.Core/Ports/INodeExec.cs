using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>Programs in containers that run already, on one node.</summary>
public interface INodeExec
{
    /// <summary>
    /// Runs a program in the container of an allocation, to its end. Throws <see cref="MillError.NotFound"/> where no container of it runs here, <see cref="MillError.ContainerRefused"/> for a program that cannot be started,
    /// <see cref="MillError.EngineUnavailable"/>. Where it is cancelled, its input ends; a program that does not mind goes on in the container.
    /// </summary>
    /// <returns>Its exit code.</returns>
    Task<int> RunAsync(string allocId, ExecCommand command, ExecStreams streams, CancellationToken cancellationToken);
}

/// <param name="IsTerminal">It gets a terminal: then all that it writes is one stream.</param>
public sealed record ExecCommand(IReadOnlyList<string> Command, bool IsTerminal);

/// <summary>What a program reads and writes. What it writes is not masked: whoever runs it asks to see it.</summary>
/// <param name="Input">Its end is that of the program's input.</param>
/// <param name="Output">Takes what comes, and whether it was written to the stream for errors.</param>
/// <param name="Sizes">Of the terminal, as it changes; null where there is none.</param>
public sealed record ExecStreams(Stream Input, Func<ReadOnlyMemory<byte>, bool, CancellationToken, ValueTask> Output, IAsyncEnumerable<TerminalSize>? Sizes = null);

/// <summary>In characters.</summary>
public readonly record struct TerminalSize(int Columns, int Rows);
