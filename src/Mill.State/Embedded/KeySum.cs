namespace Mill.State.Embedded;

/// <summary>
/// What pairs of a row's id and key add up to, in any order: the table and its index must come to the same. One wrong pair in four billion would go
/// unnoticed, which is enough for accidents. Never stored.
/// </summary>
internal readonly record struct KeySum(long Count, long Sum)
{
    public KeySum With(long id, ReadOnlySpan<byte> key)
    {
        var hash = new HashCode();
        hash.Add(id);
        hash.AddBytes(key);
        return new(Count + 1, Sum + hash.ToHashCode());
    }
}
