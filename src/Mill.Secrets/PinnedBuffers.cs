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
    private const int SmallSizes = 7; // up to 4 KiB
    private const int KeptBytesPerSize = 1 << 18;

    private static readonly Shelf[] Shelves = [.. Enumerable.Range(SmallestPower, LargestPower - SmallestPower + 1).Select(power => new Shelf(1 << power))];

    /// <summary>The small one of each size that this thread gave back last: it mostly is the next to need it, and then waits for nobody.</summary>
    [ThreadStatic]
    private static byte[]?[]? _own;

    /// <summary>A pinned array of at least <paramref name="length"/> bytes, with unspecified content.</summary>
    public static byte[] Rent(int length)
    {
        var place = PlaceOf(length);
        if (place >= Shelves.Length) return GC.AllocateUninitializedArray<byte>(length, pinned: true);
        if (_own is not { } own || place >= own.Length || own[place] is not { } buffer) return Shelves[place].Take();
        own[place] = null;
        return buffer;
    }

    /// <summary>Clears the whole array and keeps it for the next caller.</summary>
    public static void Return(byte[] buffer)
    {
        CryptographicOperations.ZeroMemory(buffer);
        var place = PlaceOf(buffer.Length);
        if (place >= Shelves.Length || Shelves[place].Size != buffer.Length) return;
        var own = _own ??= new byte[]?[SmallSizes];
        if (place < own.Length && own[place] is null) own[place] = buffer;
        else Shelves[place].Put(buffer);
    }

    private static int PlaceOf(int length) => Math.Max(SmallestPower, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(length, 1) - 1)) - SmallestPower;

    private sealed class Shelf(int size)
    {
        private readonly Lock _lock = new();
        private readonly byte[][] _kept = new byte[Math.Max(2, KeptBytesPerSize / size)][];
        private int _count;

        public int Size => size;

        public byte[] Take()
        {
            lock (_lock)
            {
                if (_count > 0) return _kept[--_count];
            }
            return GC.AllocateUninitializedArray<byte>(size, pinned: true);
        }

        public void Put(byte[] buffer)
        {
            lock (_lock)
            {
                if (_count < _kept.Length) _kept[_count++] = buffer;
            }
        }
    }
}
