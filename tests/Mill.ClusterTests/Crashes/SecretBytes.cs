using System.Text;

namespace Mill.ClusterTests.Crashes;

/// <summary>The value that a write sets: made from seed, name and sequence, so that nobody has to remember it.</summary>
internal static class SecretBytes
{
    public const int Identifiable = 16;

    /// <summary>Names say how large their values are: <c>tiny</c> 0 to 2 bytes, <c>big</c> 32 to 64 KiB, others 16 bytes to 4 KiB.</summary>
    public static byte[] Of(int seed, string name, long sequence)
    {
        var random = new Random(Mix(seed, name, sequence));
        var bytes = new byte[Length(random, name)];
        random.NextBytes(bytes);
        if (IsText(sequence))
        {
            foreach (ref var one in bytes.AsSpan()) one = (byte)(' ' + (one % 95));
        }
        return bytes;
    }

    public static bool IsText(long sequence) => sequence % 2 == 0;

    private static int Length(Random random, string name) => name switch
    {
        _ when name.Contains("tiny", StringComparison.Ordinal) => random.Next(3),
        _ when name.Contains("big", StringComparison.Ordinal) => random.Next(32 * 1024, (64 * 1024) + 1),
        _ => random.Next(Identifiable, 4096),
    };

    /// <summary>The same in every run, unlike <see cref="HashCode"/>.</summary>
    private static int Mix(int seed, string name, long sequence)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in Encoding.UTF8.GetBytes($"{seed}/{name}/{sequence}")) hash = (hash ^ one) * 1099511628211UL;
        return (int)(hash ^ (hash >> 32));
    }
}
