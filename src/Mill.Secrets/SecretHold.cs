using System.Security.Cryptography;

namespace Mill.Secrets;

/// <summary>
/// The memory of one <see cref="SecretValue"/> at a time. A value that was dropped and not disposed drops its hold with it, whose finalizer clears the bytes. The value has none of its own: to register an object
/// with the collector takes longer than all else that is done for a secret, and a hold that is used again is registered once.
/// </summary>
internal sealed class SecretHold
{
    /// <summary>The one of each size that this thread gave back last: it mostly is the next to need it, and then waits for nobody.</summary>
    [ThreadStatic]
    private static SecretHold?[]? _own;

    private static readonly PinnedShelf<SecretHold>[] Shelves = [.. Enumerable.Range(0, PinnedBuffers.SmallSizes).Select(place => new PinnedShelf<SecretHold>(PinnedBuffers.KeptOf(place)))];

    private readonly int _place;
    private byte[]? _buffer;

    private SecretHold(int place, int length) => (_place, _buffer) = (place, PinnedBuffers.Rent(length));

    // The last resort. The bytes are not given to others: a finalizer of somebody's own may still come to the value that had them, and must find nothing.
    ~SecretHold()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) CryptographicOperations.ZeroMemory(buffer);
    }

    /// <summary>Null once the collector has taken the bytes.</summary>
    public byte[]? Buffer => _buffer;

    /// <summary>A hold with at least <paramref name="length"/> bytes that nobody else has, with unspecified content.</summary>
    public static SecretHold Take(int length)
    {
        var place = PinnedBuffers.PlaceOf(length);
        if (place >= PinnedBuffers.SmallSizes) return new(place, length);
        if (_own is not { } own || own[place] is not { } hold) return Shelves[place].TryTake() is { Buffer: not null } shelved ? shelved : new(place, length);
        own[place] = null;
        return hold.Buffer is null ? new(place, length) : hold;
    }

    /// <summary>Clears the bytes and keeps the hold for the next value. To be called once for each <see cref="Take"/>.</summary>
    public void Return()
    {
        if (_buffer is not { } buffer) return;
        if (_place < PinnedBuffers.SmallSizes)
        {
            CryptographicOperations.ZeroMemory(buffer);
            var own = _own ??= new SecretHold?[PinnedBuffers.SmallSizes];
            if (own[_place] is null)
            {
                own[_place] = this;
                return;
            }
            if (Shelves[_place].TryPut(this)) return;
        }
        Release(); // and the finalizer finds nothing to do
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) PinnedBuffers.Return(buffer);
    }
}
