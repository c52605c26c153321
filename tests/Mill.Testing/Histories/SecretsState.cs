using System.Collections.Immutable;

namespace Mill.Testing.Histories;

/// <summary>The secrets of one tenant, every version of them, and what was done under which idempotency key. Immutable, and equal by content.</summary>
public sealed class SecretsState : IEquatable<SecretsState>
{
    private readonly ImmutableSortedDictionary<string, VersionChain> _secrets;
    private readonly ImmutableSortedDictionary<string, (string Call, SecretAnswer Answer)> _remembered;
    private readonly int _hash;

    private SecretsState(
        ImmutableSortedDictionary<string, VersionChain> secrets, ImmutableSortedDictionary<string, (string Call, SecretAnswer Answer)> remembered, long lastCommit)
    {
        (_secrets, _remembered, LastCommit) = (secrets, remembered, lastCommit);
        var hash = new HashCode();
        foreach (var (name, chain) in secrets) hash.Add((name, chain.GetHashCode()));
        hash.Add(remembered.Count);
        _hash = hash.ToHashCode();
    }

    public static SecretsState Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, VersionChain>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, (string, SecretAnswer)>(StringComparer.Ordinal), 0);

    /// <summary>The latest instant that anybody was told of: whatever is written now comes after it.</summary>
    public long LastCommit { get; }

    internal VersionChain? Find(string name) => _secrets.GetValueOrDefault(name);

    internal VersionChain? Current(string name) => Find(name) is { IsDeleted: false } newest ? newest : null;

    internal SecretsState With(string name, VersionChain chain, long? instant) => new(_secrets.SetItem(name, chain), _remembered, Math.Max(LastCommit, instant ?? 0));

    internal (string Call, SecretAnswer Answer)? Remembered(string key) => _remembered.TryGetValue(key, out var remembered) ? remembered : null;

    internal SecretsState Remember(string key, string call, SecretAnswer answer) => new(_secrets, _remembered.SetItem(key, (call, answer)), LastCommit);

    /// <summary>Takes in what somebody saw of a version; null where it contradicts what is known.</summary>
    internal SecretsState? Learn(string name, SeenVersion seen)
    {
        var chain = _secrets[name];
        var learned = chain.Learn(seen);
        if (learned is null || ReferenceEquals(learned, chain)) return learned is null ? null : this;
        return With(name, learned, Math.Max(seen.ValidFrom ?? 0, seen.ValidTo ?? 0));
    }

    public bool Equals(SecretsState? other)
    {
        if (ReferenceEquals(this, other)) return true;
        return other is not null && _hash == other._hash && LastCommit == other.LastCommit && _secrets.SequenceEqual(other._secrets) && SameMemory(other);
    }

    public override bool Equals(object? obj) => Equals(obj as SecretsState);

    public override int GetHashCode() => _hash;

    public override string ToString() => _secrets.IsEmpty ? "no secrets" : string.Join("; ", _secrets.Select(pair => $"{pair.Key} = {pair.Value}"));

    // Answers are compared as text: those of transactions hold lists.
    private bool SameMemory(SecretsState other) => ReferenceEquals(_remembered, other._remembered)
        || _remembered.Select(pair => $"{pair.Key} {pair.Value.Call} {pair.Value.Answer}").SequenceEqual(other._remembered.Select(pair => $"{pair.Key} {pair.Value.Call} {pair.Value.Answer}"));
}
