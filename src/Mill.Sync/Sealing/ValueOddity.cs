namespace Mill.Sync.Sealing;

/// <summary>What is odd about a value, and likely not meant. It is sent as it is.</summary>
internal static class ValueOddity
{
    /// <summary>A sentence; null for nothing.</summary>
    public static string? Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8)) return "The value begins with a byte order mark.";
        return bytes is [.., (byte)'\n' or (byte)'\r'] ? "The value ends with a line break." : null;
    }
}
