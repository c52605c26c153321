using System.Numerics;

namespace Mill.Secrets.Redaction.Patterns;

/// <summary>Says of nearly every place of a text, in about a nanosecond, that no pattern begins there: a bit for each hash that the first bytes of a pattern have. It never says so where one does.</summary>
internal sealed class WindowFilter(int width, int count)
{
    private const ulong Golden = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio: its products are well mixed at the top
    private const int BitsPerPattern = 256; // one place in 256 is looked at in vain
    private const int MostBits = 1 << 21; // 256 KiB: more would not stay in the second cache

    private readonly ulong[] _bits = new ulong[Size(count) / 64];
    private readonly int _shift = 64 - BitOperations.Log2(Size(count));

    /// <summary>How many bytes it looks at.</summary>
    public int Width => width;

    public void Add(ReadOnlySpan<byte> text)
    {
        var place = (int)(Hash(text) >> _shift);
        _bits[place >> 6] |= 1UL << place;
    }

    public ulong Hash(ReadOnlySpan<byte> text)
    {
        var window = 0UL;
        for (var i = width - 1; i >= 0; i--) window = (window << 8) | text[i];
        return window * Golden;
    }

    /// <summary>The first place from <paramref name="from"/> on at which a pattern may begin, or the end of the text.</summary>
    public int Next(ReadOnlySpan<byte> text, int from)
    {
        if (text.Length - from < width) return text.Length;
        var (bits, shift, top, window) = (_bits, _shift, 8 * (width - 1), 0UL);
        // The bytes move down through the window: the one at its place is the lowest.
        for (var i = from; i < from + width - 1; i++) window = (window >> 8) | ((ulong)text[i] << top);
        for (var i = from + width - 1; i < text.Length; i++)
        {
            window = (window >> 8) | ((ulong)text[i] << top);
            var place = (int)((window * Golden) >> shift);
            if ((bits[place >> 6] >> place & 1) is not 0) return i - width + 1;
        }
        return text.Length;
    }

    public void Clear() => Array.Clear(_bits);

    private static uint Size(int count) => BitOperations.RoundUpToPowerOf2((uint)Math.Clamp((long)count * BitsPerPattern, 64, MostBits));
}
