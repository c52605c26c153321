using System.Numerics;

namespace Mill.Benchmarks.Load;

/// <summary>
/// Latencies, counted in buckets that grow with what they hold: 64 per power of two, so a percentile is off by 1.6 % at most, in a few kilobytes.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits) * SubBuckets];

    public long Count { get; private set; }

    /// <summary>The longest, exactly.</summary>
    public long Max { get; private set; }

    public void Record(long value)
    {
        _counts[IndexOf(Math.Max(value, 0))]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>The value that a share of all values does not exceed; zero where there are none.</summary>
    public long Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        var seen = 0L;
        for (var index = 0; index < _counts.Length; index++)
        {
            seen += _counts[index];
            if (seen >= wanted && seen > 0) return Math.Min(HighestOf(index), Max);
        }
        return 0;
    }

    private static int IndexOf(long value)
    {
        var power = BitOperations.Log2((ulong)value | 1);
        // Below 2^6 each value has a bucket of its own.
        return power < SubBits ? (int)value : ((power - SubBits + 1) << SubBits) + (int)((value >> (power - SubBits)) - SubBuckets);
    }

    private static long HighestOf(int index)
    {
        if (index < SubBuckets) return index;
        var shift = (index >> SubBits) - 1;
        return (((long)(index & (SubBuckets - 1)) + SubBuckets + 1) << shift) - 1;
    }
}
