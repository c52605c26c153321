using System.Buffers;
using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction;

/// <summary>
/// Masks what is written through it into another stream, however the writes cut it. What cannot be the beginning of a value goes on at once, a prompt without a line end too; what can is held back until more
/// comes or until the end. A flush does not let it go: it could be half a value. Where masking fails, nothing is written. One writer at a time, as with other streams.
/// </summary>
public sealed class RedactingStream : Stream
{
    private const int PieceSize = 1 << 16;

    private readonly Stream _inner;
    private readonly Func<PatternReading> _read;
    private readonly bool _leaveOpen;
    private PinnedWriter _held = new();
    private int _masked = -1; // where in it the last mask ends
    private bool _isDisposed;

    public RedactingStream(Stream inner, SecretRedactor redactor, bool leaveOpen = false)
        : this(inner, redactor.Read, leaveOpen)
    {
    }

    /// <summary>Every write is masked with the values of that moment.</summary>
    public RedactingStream(Stream inner, RedactionSet values, bool leaveOpen = false)
        : this(inner, values.Read, leaveOpen)
    {
    }

    private RedactingStream(Stream inner, Func<PatternReading> read, bool leaveOpen) => (_inner, _read, _leaveOpen) = (inner, read, leaveOpen);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_isDisposed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(PieceSize, buffer.Length)..])
        {
            using var masked = Mask(buffer[..Math.Min(PieceSize, buffer.Length)], isLast: false);
            if (masked.WrittenCount > 0) _inner.Write(masked.WrittenSpan);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    public override void WriteByte(byte value) => Write([value]);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(PieceSize, buffer.Length)..])
        {
            using var masked = Mask(buffer.Span[..Math.Min(PieceSize, buffer.Length)], isLast: false);
            if (masked.WrittenCount > 0) await _inner.WriteAsync(masked.WrittenMemory, cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Flushes what was let through. What is held back stays.</summary>
    public override void Flush() => _inner.Flush();

    /// <summary>Flushes what was let through. What is held back stays.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The text ends here: what was held back goes on, and is the end of it.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            try
            {
                using var masked = Mask([], isLast: true);
                if (masked.WrittenCount > 0) await _inner.WriteAsync(masked.WrittenMemory);
            }
            finally
            {
                _held.Dispose();
                if (!_leaveOpen) await _inner.DisposeAsync();
            }
        }
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            try
            {
                using var masked = Mask([], isLast: true);
                if (masked.WrittenCount > 0) _inner.Write(masked.WrittenSpan);
            }
            finally
            {
                _held.Dispose();
                if (!_leaveOpen) _inner.Dispose();
            }
        }
        base.Dispose(disposing);
    }

    /// <summary>What can go on of what was held back and what comes now. Where it throws, nothing has changed.</summary>
    private PinnedWriter Mask(ReadOnlySpan<byte> bytes, bool isLast)
    {
        using var text = new PinnedWriter(_held.WrittenCount + bytes.Length);
        text.Write(_held.WrittenSpan);
        text.Write(bytes);
        var output = new PinnedWriter(text.WrittenCount);
        try
        {
            using var reading = _read();
            var masked = _masked;
            var settled = reading.Redact(text.WrittenSpan, isLast, ref masked, output);
            Hold(text.WrittenSpan[settled..], masked);
            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    private void Hold(ReadOnlySpan<byte> rest, int masked)
    {
        var held = new PinnedWriter(rest.Length);
        held.Write(rest);
        _held.Dispose();
        (_held, _masked) = (held, masked);
    }
}
