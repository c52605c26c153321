namespace Mill.State.Embedded;

/// <summary>What pairs of a row's id and key add up to, in any order: the table and its index must come to the same. Never stored.</summary>
internal readonly record struct KeySum(long Count, long Sum)
{
    public KeySum With(long id, ReadOnlySpan<byte> key)
    {
        var hash = new HashCode();
        hash.Add(id);
        hash.AddBytes(key);
        return new(Count + 1, Sum + ((long)hash.ToHashCode() * 0x1_0000_0001));
    }
}
