namespace Mill.State.Embedded;

/// <summary>Packs many small values into few arrays: reading 300,000 records then costs hundreds of allocations, not hundreds of thousands.</summary>
internal sealed class ValueSlab
{
    private const int Size = 1024 * 1024;
    private const int Large = Size / 8;

    private byte[] _slab = [];
    private int _used;

    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> value)
    {
        if (value.Length > Large)
            return value.ToArray();

        if (value.Length > _slab.Length - _used)
        {
            _slab = GC.AllocateUninitializedArray<byte>(NextSize());
            _used = 0;
        }

        value.CopyTo(_slab.AsSpan(_used));
        var kept = _slab.AsMemory(_used, value.Length);
        _used += value.Length;
        return kept;
    }

    // Starts small, so that reading one record does not cost a megabyte.
    private int NextSize() => Math.Clamp(_slab.Length * 4, Large, Size);
}
