using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Mill.Tests.Vault.Ciphers;

/// <summary>All memory that this process can write.</summary>
internal static class ProcessMemory
{
    private const int Step = 1 << 20;

    /// <summary>Whether some bytes stand anywhere. They are given masked, so that the search itself is no place where they stand.</summary>
    public static bool Holds(ReadOnlySpan<byte> masked, ReadOnlySpan<byte> mask)
    {
        using var memory = File.OpenHandle("/proc/self/mem");
        var buffer = GC.AllocateUninitializedArray<byte>(Step + masked.Length, pinned: true);
        foreach (var (start, end) in Writable())
        {
            for (var at = start; at < end; at += Step)
            {
                var read = Read(memory, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
                var found = Contains(buffer.AsSpan(0, read), masked, mask);
                buffer.AsSpan(0, read).Clear();
                if (found) return true;
            }
        }
        return false;
    }

    private static bool Contains(Span<byte> memory, ReadOnlySpan<byte> masked, ReadOnlySpan<byte> mask)
    {
        // Four bytes of it are no secret, and quickly found.
        ReadOnlySpan<byte> first = [(byte)(masked[0] ^ mask[0]), (byte)(masked[1] ^ mask[1]), (byte)(masked[2] ^ mask[2]), (byte)(masked[3] ^ mask[3])];
        for (var rest = memory; rest.IndexOf(first) is >= 0 and var place; rest = rest[(place + 1)..])
        {
            if (place + masked.Length > rest.Length) return false;
            var same = 0;
            while (same < masked.Length && rest[place + same] == (masked[same] ^ mask[same])) same++;
            if (same == masked.Length) return true;
        }
        return false;
    }

    private static int Read(SafeFileHandle memory, Span<byte> buffer, long at)
    {
        try
        {
            return RandomAccess.Read(memory, buffer, at);
        }
        catch (IOException)
        {
            return 0; // gone meanwhile, or guarded
        }
    }

    private static List<(long Start, long End)> Writable() =>
    [
        .. File.ReadLines("/proc/self/maps")
            .Where(line => line.Split(' ')[1].StartsWith("rw", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[0].Split('-'))
            .Select(ends => (Address(ends[0]), Address(ends[1]))),
    ];

    private static long Address(string hex) => long.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
