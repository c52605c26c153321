using System.IO.Pipes;
using Mill.Interaction;
using Mill.Secrets.Redaction;

namespace Mill.Programs;

/// <summary>What a program writes, with its secrets masked, on the output and the error stream of this process.</summary>
internal sealed class MaskedOutput(Terminal terminal, RedactionSet values)
{
    private const int PieceSize = 1 << 16;

    private readonly List<Task> _pumps = [];

    /// <summary>Takes the values; what an earlier run had stays masked, too.</summary>
    public void Know(FetchedSecrets fetched)
    {
        foreach (var (name, value) in fetched.Masked) values.Set(name, value);
    }

    /// <summary>Starts a program that writes here.</summary>
    public ChildProgram Start(IReadOnlyList<string> command, ProgramVariables variables)
    {
        var (output, error) = (new AnonymousPipeServerStream(PipeDirection.In), new AnonymousPipeServerStream(PipeDirection.In));
        try
        {
            var child = ChildProgram.Start(command, variables, ((int)output.ClientSafePipeHandle.DangerousGetHandle(), (int)error.ClientSafePipeHandle.DangerousGetHandle()));
            _pumps.Add(PumpAsync(output, terminal.Output));
            _pumps.Add(PumpAsync(error, terminal.Error));
            return child;
        }
        finally
        {
            // The end is seen once nobody has these ends any more.
            output.DisposeLocalCopyOfClientHandle();
            error.DisposeLocalCopyOfClientHandle();
        }
    }

    /// <summary>All that was written is on its way.</summary>
    public Task DrainAsync() => Task.WhenAll(_pumps);

    private async Task PumpAsync(Stream from, Stream to)
    {
        await using var _ = from.ConfigureAwait(false);
        try
        {
            await PassOnAsync(from, to).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Who read it has gone. The program learns that at its next write, as it would without this in between.
        }
    }

    private async Task PassOnAsync(Stream from, Stream to)
    {
        var masked = new RedactingStream(to, values, leaveOpen: true);
        await using var __ = masked.ConfigureAwait(false);
        using var piece = new Mill.Secrets.PinnedWriter(PieceSize);
        var buffer = piece.GetMemory(PieceSize);
        while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var read)
        {
            await masked.WriteAsync(buffer[..read]).ConfigureAwait(false);
            await masked.FlushAsync().ConfigureAwait(false);
        }
    }
}
