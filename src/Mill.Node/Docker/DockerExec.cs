using System.Buffers.Binary;
using System.Net.Sockets;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>Runs a program in a container, with what it reads and writes.</summary>
internal sealed class DockerExec(DockerClient docker)
{
    private const int HeadSize = 8;

    private static readonly byte[] EndOfTransmission = [4];

    /// <summary>Throws as <see cref="DockerClient"/>.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> RunAsync(string container, ExecCommand command, ExecStreams streams, CancellationToken cancellationToken)
    {
        var exec = await docker.CreateExecAsync(container, command, cancellationToken).ConfigureAwait(false);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var stream = await docker.StartExecAsync(exec, command.IsTerminal, cancellationToken).ConfigureAwait(false);
            var input = WriteAsync(stream, streams.Input, command.IsTerminal, done.Token);
            var sizes = ResizeAsync(exec, streams.Sizes, done.Token);
            try
            {
                if (command.IsTerminal) await ReadAsync(stream, streams, cancellationToken).ConfigureAwait(false);
                else await ReadFramesAsync(stream, streams, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await done.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(input, sizes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            return await docker.ExitOfExecAsync(exec, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw docker.NotReached(e);
        }
    }

    private static async Task WriteAsync(HijackedStream stream, Stream input, bool isTerminal, CancellationToken cancellationToken)
    {
        // Its own task: a terminal may not come back from a read.
        await Task.Yield();
        try
        {
            var buffer = new byte[16 * 1024];
            for (int read; (read = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;) await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            // Half of a connection closed would end the output of a terminal too; there, a character says it.
            if (isTerminal) await stream.WriteAsync(EndOfTransmission, cancellationToken).ConfigureAwait(false);
            else stream.EndInput();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Nobody takes it any more. It is taken off all the same: what comes behind it, as that the client closes, would never be heard.
            await input.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ReadAsync(HijackedStream stream, ExecStreams streams, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;) await streams.Output(buffer.AsMemory(0, read), false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Two streams in one, as those of a log: see <see cref="DockerLog"/>.</summary>
    private static async Task ReadFramesAsync(HijackedStream stream, ExecStreams streams, CancellationToken cancellationToken)
    {
        var (head, buffer) = (new byte[HeadSize], new byte[16 * 1024]);
        while (await stream.IsFilledAsync(head, cancellationToken).ConfigureAwait(false))
        {
            for (var left = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)); left > 0;)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken).ConfigureAwait(false);
                if (read is 0) throw new EndOfStreamException();
                left -= (uint)read;
                await streams.Output(buffer.AsMemory(0, read), head[0] is 2, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ResizeAsync(string exec, IAsyncEnumerable<TerminalSize>? sizes, CancellationToken cancellationToken)
    {
        if (sizes is null) return;
        await foreach (var size in sizes.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await docker.ResizeExecAsync(exec, size, cancellationToken).ConfigureAwait(false);
            }
            catch (MillException)
            {
                // It has ended, or the next one comes.
            }
        }
    }
}
