using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace Mill.Secrets;

/// <summary>
/// The value of a secret, held in memory. It never becomes text by accident: <c>Reveal</c> is the only way out.
/// The bytes are pinned and cleared on dispose.
/// </summary>
[DebuggerDisplay("[secret]")]
public sealed class SecretValue : IDisposable, IEquatable<SecretValue>
{
    private readonly int _length;
    private byte[]? _buffer;

    private SecretValue(byte[] buffer, int length) => (_buffer, _length) = (buffer, length);

    // The last resort, for a value that nobody disposed: its bytes are cleared all the same.
    ~SecretValue() => Clear();

    /// <summary>How many bytes the value has.</summary>
    public int Length => _length;

    public static SecretValue FromBytes(ReadOnlySpan<byte> bytes) => Create(bytes.Length, bytes, static (target, source) => source.CopyTo(target));

    /// <summary>Copies a text as UTF-8. The given string itself cannot be cleared: prefer bytes where there is a choice.</summary>
    public static SecretValue FromText(ReadOnlySpan<char> text) =>
        Create(Encoding.UTF8.GetByteCount(text), text, static (target, source) => Encoding.UTF8.GetBytes(source, target));

    /// <summary>A value of <paramref name="length"/> bytes that <paramref name="fill"/> writes in place, so that no copy is made on the way.</summary>
    public static SecretValue Create<TState>(int length, TState state, FillSecret<TState> fill)
        where TState : allows ref struct
    {
        var buffer = PinnedBuffers.Rent(length);
        try
        {
            fill(buffer.AsSpan(0, length), state);
            return new(buffer, length);
        }
        catch
        {
            PinnedBuffers.Return(buffer);
            throw;
        }
    }

    /// <summary>Lends the bytes to <paramref name="read"/>. Throws <see cref="ObjectDisposedException"/> once disposed.</summary>
    public TResult Reveal<TResult>(Func<ReadOnlySpan<byte>, TResult> read)
    {
        var result = read(Bytes);
        // Until here the finalizer must wait: it would clear the bytes, and lend them to somebody else, while they are being read.
        GC.KeepAlive(this);
        return result;
    }

    /// <summary>Lends the bytes to <paramref name="read"/> with a state, so that no closure is needed.</summary>
    public void Reveal<TState>(TState state, ReadSecret<TState> read)
        where TState : allows ref struct
    {
        read(Bytes, state);
        GC.KeepAlive(this);
    }

    /// <summary>Compares in a time that depends only on the lengths.</summary>
    public bool Equals(SecretValue? other)
    {
        var isEqual = other is not null && CryptographicOperations.FixedTimeEquals(Bytes, other.Bytes);
        GC.KeepAlive(this);
        GC.KeepAlive(other);
        return isEqual;
    }

    public override bool Equals(object? obj) => Equals(obj as SecretValue);

    // Equal values have equal lengths; anything finer would say something about the bytes.
    public override int GetHashCode() => _length;

    public override string ToString() => "[secret]";

    public void Dispose()
    {
        Clear();
        GC.SuppressFinalize(this);
    }

    private void Clear()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) PinnedBuffers.Return(buffer);
    }

    private ReadOnlySpan<byte> Bytes => (_buffer ?? throw new ObjectDisposedException(nameof(SecretValue))).AsSpan(0, _length);
}

/// <summary>Writes a secret into the place it will live in.</summary>
public delegate void FillSecret<in TState>(Span<byte> target, TState state)
    where TState : allows ref struct;

/// <summary>Reads a secret that is lent for the length of the call.</summary>
public delegate void ReadSecret<in TState>(ReadOnlySpan<byte> bytes, TState state)
    where TState : allows ref struct;
