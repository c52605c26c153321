using System.Runtime.InteropServices;

namespace Mill.Interaction;

/// <summary>The standard output of this process. .NET drops what is written to a pipe that nobody reads any more, and a command without end would go on for nobody: here, to write is an <see cref="OutputClosedException"/> then.</summary>
internal sealed partial class ProcessOutput : Stream
{
    private const int File = 1;
    private const short Gone = 0x0008 | 0x0010; // POLLERR, POLLHUP

    private readonly Stream _inner = Console.OpenStandardOutput();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        DemandReader();
        _inner.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        DemandReader();
        return _inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => _inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Before, and not after: whoever has read all there was may be gone by then, and that is no failure.</summary>
    private static void DemandReader()
    {
        var output = new Polled { File = File };
        if (Poll(ref output, 1, 0) > 0 && (output.Seen & Gone) is not 0) throw new OutputClosedException();
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref Polled files, nuint count, int milliseconds);

    /// <summary>struct pollfd. What is asked for is nothing: that nobody reads is told in any case.</summary>
    private struct Polled
    {
        public int File;
        public short Asked;
        public short Seen;
    }
}

/// <summary>Nobody reads what is written any more.</summary>
internal sealed class OutputClosedException() : IOException("Nobody reads the output any more.")
{
    /// <summary>Whether that is what went wrong, whatever else it made go wrong.</summary>
    public static bool IsCauseOf(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is OutputClosedException) return true;
        }
        return false;
    }
}
