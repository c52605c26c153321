using System.Buffers;
using Mill.Core.Ports;

namespace Mill.State.Replica;

/// <summary>Entries of a store on their way to a decoder, their values in one rented buffer: a load would otherwise leave twice the garbage.</summary>
internal sealed class LoadBatch : IDisposable
{
    public const int MaxCount = 64;
    private const int UsualSize = 1 << 17;

    private readonly byte[] _values;
    private readonly List<(string Key, int End, long Revision)> _entries = new(MaxCount);

    /// <summary>An empty one, with room for this value at least.</summary>
    public LoadBatch(ReadOnlySpan<byte> first) => _values = ArrayPool<byte>.Shared.Rent(Math.Max(UsualSize, first.Length));

    /// <summary>False where there is no room for it.</summary>
    public bool TryAdd(string key, ReadOnlySpan<byte> value, long revision)
    {
        var start = _entries is [.., var last] ? last.End : 0;
        if (_entries.Count == MaxCount || !value.TryCopyTo(_values.AsSpan(start))) return false;
        _entries.Add((key, start + value.Length, revision));
        return true;
    }

    public void Visit(StoreVisitor visit)
    {
        var start = 0;
        foreach (var (key, end, revision) in _entries)
        {
            visit(key, _values.AsSpan(start, end - start), revision);
            start = end;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_values);
}
