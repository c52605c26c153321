using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Mill.Secrets;

/// <summary>
/// The value of a secret, held in memory. It never becomes text by accident: <c>Reveal</c> is the only way out.
/// The bytes are pinned and cleared on dispose, which must not overlap another call: the buffer then belongs to another secret. JSON refuses it wherever a property does not say how it is to be written.
/// </summary>
[DebuggerDisplay("[secret]")]
[JsonConverter(typeof(SecretValueRefusal))]
public sealed class SecretValue : IDisposable, IEquatable<SecretValue>
{
    private readonly int _length;
    private SecretHold? _hold; // clears the bytes of a value that nobody disposed

    private SecretValue(SecretHold hold, int length) => (_hold, _length) = (hold, length);

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
        var hold = SecretHold.Take(length);
        try
        {
            fill(hold.Buffer.AsSpan(0, length), state);
            return new(hold, length);
        }
        catch
        {
            hold.Return();
            throw;
        }
    }

    /// <summary>
    /// A copy of a value that somebody may dispose meanwhile; null where that has happened. Whoever calls it must find out afterwards whether it happened while this was copying: the bytes may be those of another
    /// secret then.
    /// </summary>
    internal static SecretValue? TryCopy(SecretValue value)
    {
        if (value._hold is not { Buffer: { } source } from) return null;
        var hold = SecretHold.Take(value._length);
        source.AsSpan(0, value._length).CopyTo(hold.Buffer);
        GC.KeepAlive(from);
        return new(hold, value._length);
    }

    /// <summary>Lends the bytes to <paramref name="read"/>. Throws <see cref="ObjectDisposedException"/> once disposed.</summary>
    public TResult Reveal<TResult>(Func<ReadOnlySpan<byte>, TResult> read)
    {
        var hold = Hold;
        var result = read(Bytes(hold));
        // Until here the finalizer must wait: it would clear the bytes, and lend them to somebody else, while they are being read.
        GC.KeepAlive(hold);
        return result;
    }

    /// <summary>Lends the bytes to <paramref name="read"/> with a state, so that no closure is needed.</summary>
    public void Reveal<TState>(TState state, ReadSecret<TState> read)
        where TState : allows ref struct
    {
        var hold = Hold;
        read(Bytes(hold), state);
        GC.KeepAlive(hold);
    }

    /// <summary>A copy for what needs memory and not a span. The caller disposes it.</summary>
    public PinnedWriter ToPinned()
    {
        var copy = new PinnedWriter(Math.Max(1, _length));
        Reveal(copy, static (bytes, to) => to.Write(bytes));
        return copy;
    }

    /// <summary>Compares in a time that depends only on the lengths.</summary>
    public bool Equals(SecretValue? other)
    {
        if (other is null) return false;
        var (hold, theirs) = (Hold, other.Hold);
        var isEqual = CryptographicOperations.FixedTimeEquals(Bytes(hold), other.Bytes(theirs));
        GC.KeepAlive(hold);
        GC.KeepAlive(theirs);
        return isEqual;
    }

    public override bool Equals(object? obj) => Equals(obj as SecretValue);

    // Equal values have equal lengths; anything finer would say something about the bytes.
    public override int GetHashCode() => _length;

    public override string ToString() => "[secret]";

    public void Dispose() => Interlocked.Exchange(ref _hold, null)?.Return();

    private SecretHold Hold => _hold ?? throw Disposed();

    private ReadOnlySpan<byte> Bytes(SecretHold hold) => (hold.Buffer ?? throw Disposed()).AsSpan(0, _length);

    private static ObjectDisposedException Disposed() => new(nameof(SecretValue));
}

/// <summary>Writes a secret into the place it will live in.</summary>
public delegate void FillSecret<in TState>(Span<byte> target, TState state)
    where TState : allows ref struct;

/// <summary>Reads a secret that is lent for the length of the call.</summary>
public delegate void ReadSecret<in TState>(ReadOnlySpan<byte> bytes, TState state)
    where TState : allows ref struct;
