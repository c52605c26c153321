using System.Numerics;
using System.Security.Cryptography;

namespace Mill.Secrets;

/// <summary>
/// Pinned byte arrays for plaintext and keys: the collector never moves them, so it never leaves a second copy behind.
/// Small ones are reused, because the pinned heap is only collected with the oldest generation. Every buffer is cleared when it comes back.
/// </summary>
public static class PinnedBuffers
{
    private const int SmallestPower = 6;
    private const int LargestPower = 20;
    private const int KeptBytesPerSize = 1 << 18;

    /// <summary>How many sizes are small: up to 4 KiB.</summary>
    internal const int SmallSizes = 7;

    private static readonly PinnedShelf<byte[]>[] Shelves = [.. Enumerable.Range(0, LargestPower - SmallestPower + 1).Select(place => new PinnedShelf<byte[]>(KeptOf(place)))];

    /// <summary>The small one of each size that this thread gave back last: it mostly is the next to need it, and then waits for nobody.</summary>
    [ThreadStatic]
    private static byte[]?[]? _own;

    /// <summary>A pinned array of at least <paramref name="length"/> bytes, with unspecified content.</summary>
    public static byte[] Rent(int length)
    {
        var place = PlaceOf(length);
        if (place >= Shelves.Length) return GC.AllocateUninitializedArray<byte>(length, pinned: true);
        if (_own is not { } own || place >= own.Length || own[place] is not { } buffer) return Shelves[place].TryTake() ?? GC.AllocateUninitializedArray<byte>(SizeOf(place), pinned: true);
        own[place] = null;
        return buffer;
    }

    /// <summary>Clears the whole array and keeps it for the next caller.</summary>
    public static void Return(byte[] buffer)
    {
        CryptographicOperations.ZeroMemory(buffer);
        var place = PlaceOf(buffer.Length);
        if (place >= Shelves.Length || SizeOf(place) != buffer.Length) return;
        var own = _own ??= new byte[]?[SmallSizes];
        if (place < own.Length && own[place] is null) own[place] = buffer;
        else Shelves[place].TryPut(buffer);
    }

    /// <summary>Which of the sizes is large enough, from the smallest on.</summary>
    internal static int PlaceOf(int length) => Math.Max(SmallestPower, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(length, 1) - 1)) - SmallestPower;

    /// <summary>How many of a size are kept for all threads.</summary>
    internal static int KeptOf(int place) => Math.Max(2, KeptBytesPerSize / SizeOf(place));

    private static int SizeOf(int place) => 1 << (SmallestPower + place);
}
