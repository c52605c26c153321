using System.Buffers;
using System.Security.Cryptography;

namespace Mill.Secrets;

/// <summary>A growing buffer for bytes that may hold secrets: pinned, and cleared when it grows and when it is disposed.</summary>
public sealed class PinnedWriter(int capacity = 512) : IBufferWriter<byte>, IDisposable
{
    private byte[] _buffer = PinnedBuffers.Rent(capacity);
    private int _written;

    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, _written);

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _written);

    public int WrittenCount => _written;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _buffer.AsSpan(_written);
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        _written = 0;
        if (buffer.Length > 0) PinnedBuffers.Return(buffer);
    }

    /// <summary>Takes back, and clears, all that was written after the first <paramref name="count"/> bytes.</summary>
    internal void Truncate(int count)
    {
        CryptographicOperations.ZeroMemory(_buffer.AsSpan(count.._written));
        _written = count;
    }

    private void EnsureRoom(int sizeHint)
    {
        var needed = (long)_written + Math.Max(sizeHint, 1);
        if (needed <= _buffer.Length) return;
        if (needed > Array.MaxLength) throw new InvalidOperationException("It is more than fits into one buffer.");
        var larger = PinnedBuffers.Rent((int)Math.Max(needed, Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        WrittenSpan.CopyTo(larger);
        PinnedBuffers.Return(_buffer);
        _buffer = larger;
    }
}
