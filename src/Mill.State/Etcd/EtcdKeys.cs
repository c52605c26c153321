using System.Text;

namespace Mill.State.Etcd;

/// <summary>Keys and prefixes as etcd takes them: bytes, and half-open ranges.</summary>
internal static class EtcdKeys
{
    private static readonly byte[] Everything = [0]; // as both ends of a range: all keys

    public static byte[] Encode(string key) => Encoding.UTF8.GetBytes(key);

    /// <summary>The range of all keys with a prefix.</summary>
    public static (byte[] From, byte[] To) Range(string prefix)
    {
        if (prefix.Length == 0) return (Everything, Everything);
        var from = Encode(prefix);
        var to = from.AsSpan().ToArray();
        to[^1]++; // no byte of UTF-8 is 0xFF
        return (from, to);
    }

    /// <summary>The first key after this one.</summary>
    public static byte[] After(ReadOnlySpan<byte> key) => [.. key, 0];
}
