using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Vault.Envelopes;

/// <summary>Keys by the record they belong to, in pinned chunks that are cleared all at once. Not safe for concurrent use.</summary>
internal sealed class KeyGeneration
{
    private const int KeysPerChunk = 1024;

    // By reference: a record that equals another was not therefore opened as it was.
    private readonly Dictionary<SecretVersion, int> _places = new(ReferenceEqualityComparer.Instance);
    private readonly List<byte[]> _chunks = [];

    public int Count => _places.Count;

    public bool TryCopy(SecretVersion record, Span<byte> key)
    {
        if (!_places.TryGetValue(record, out var place)) return false;
        At(place).CopyTo(key);
        return true;
    }

    public void Keep(SecretVersion record, ReadOnlySpan<byte> key)
    {
        if (_places.Count == _chunks.Count * KeysPerChunk) _chunks.Add(PinnedBuffers.Rent(KeysPerChunk * DataKey.Size));
        if (_places.TryAdd(record, _places.Count)) key.CopyTo(At(_places.Count - 1));
    }

    public void Clear()
    {
        foreach (var chunk in _chunks) PinnedBuffers.Return(chunk);
        _chunks.Clear();
        _places.Clear();
    }

    private Span<byte> At(int place) => _chunks[place / KeysPerChunk].AsSpan(place % KeysPerChunk * DataKey.Size, DataKey.Size);
}
