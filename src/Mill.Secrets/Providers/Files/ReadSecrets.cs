namespace Mill.Secrets.Providers.Files;

/// <summary>What was read from a file, in its order. Clears what nobody took.</summary>
internal sealed class ReadSecrets : IDisposable
{
    private readonly Dictionary<string, SecretValue> _values = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Keys => [.. _values.Keys];

    public SecretValue this[string key] => _values[key];

    /// <summary>Of several with one key the last counts.</summary>
    public void Put(string key, SecretValue value)
    {
        if (_values.TryGetValue(key, out var earlier)) earlier.Dispose();
        _values[key] = value;
    }

    public bool Holds(string key, SecretValue value) => _values.TryGetValue(key, out var own) && own.Equals(value);

    /// <summary>Hands a value over.</summary>
    public SecretValue Take(string key) => _values.Remove(key, out var value) ? value : throw new KeyNotFoundException();

    public void Dispose()
    {
        foreach (var value in _values.Values) value.Dispose();
        _values.Clear();
    }
}
