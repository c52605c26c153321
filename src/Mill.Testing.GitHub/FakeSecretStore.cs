using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mill.Testing.GitHub;

/// <summary>The secrets of one scope, and the key that they are sealed with. Tests look into it, and change it as a person does in the browser; both need no token.</summary>
public sealed class FakeSecretStore
{
    private readonly World _world;

    // Lists lag behind: what they say is what stood here a while ago.
    private readonly List<(DateTimeOffset At, ImmutableSortedDictionary<string, FakeSecret> Secrets)> _history;
    private (string Id, KeyPair Pair) _key = NewKey();

    internal FakeSecretStore(World world, bool isOrganization = false)
    {
        (_world, IsOrganization) = (world, isOrganization);
        _history = [(DateTimeOffset.MinValue, ImmutableSortedDictionary.Create<string, FakeSecret>(StringComparer.Ordinal))];
    }

    /// <summary>How many secrets fit in.</summary>
    public int Capacity => IsOrganization ? 1_000 : 100;

    /// <summary>How often somebody set or deleted one over HTTP.</summary>
    public int Changes { get; private set; }

    public string KeyId => _world.Do(() => _key.Id);

    /// <summary>32 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _world.Do(() => _key.Pair.Public);

    public IReadOnlyList<FakeSecret> Secrets => _world.Do(() => Current.Values.ToList());

    public IReadOnlyList<string> Names => _world.Do(() => Current.Keys.ToList());

    internal bool IsOrganization { get; }

    internal ImmutableSortedDictionary<string, FakeSecret> Current => _history[^1].Secrets;

    /// <summary>Null where it is not there.</summary>
    public FakeSecret? Find(string name) => _world.Do(() => Current.GetValueOrDefault(name.ToUpperInvariant()));

    /// <summary>Its bytes; null where it is not there.</summary>
    public byte[]? Value(string name) => Find(name)?.Value.ToArray();

    /// <summary>Its value as UTF-8; null where it is not there.</summary>
    public string? Text(string name) => Find(name)?.Text;

    public void Put(string name, string value) => Put(name, Encoding.UTF8.GetBytes(value));

    /// <summary>Sets it by hand; lists show it at once.</summary>
    /// <param name="visibility">For an organization: <c>all</c>, <c>private</c> or <c>selected</c>.</param>
    /// <param name="selected">The repositories that see it, where these are selected.</param>
    public void Put(string name, ReadOnlySpan<byte> value, string visibility = "all", params FakeRepository[] selected)
    {
        var bytes = value.ToArray();
        _world.Do(() =>
        {
            Write(name, bytes, _world.Now, IsOrganization ? visibility : null, [.. selected.Select(repository => repository.Id)]);
            _history.RemoveRange(0, _history.Count - 1);
            _history[0] = (DateTimeOffset.MinValue, _history[0].Secrets);
        });
    }

    /// <summary>Deletes it by hand; lists show that at once. False where it was not there.</summary>
    public bool Remove(string name) => _world.Do(() =>
    {
        var isThere = Delete(name, _world.Now);
        _history.RemoveRange(0, _history.Count - 1);
        _history[0] = (DateTimeOffset.MinValue, _history[0].Secrets);
        return isThere;
    });

    /// <summary>From here on there is another key, and what was sealed with the one before is refused.</summary>
    public void RotateKey() => _world.Do(() => _key = NewKey());

    /// <summary>What lists say at this time.</summary>
    internal ImmutableSortedDictionary<string, FakeSecret> Listed() => _history.FindLast(entry => entry.At <= _world.Now - _world.ListDelay).Secrets;

    /// <summary>Null where it is not a box for this key.</summary>
    internal byte[]? Open(ReadOnlySpan<byte> box) => _key.Pair.Open(box);

    /// <summary>True where there was none before.</summary>
    internal bool Write(string name, byte[] value, DateTimeOffset at, string? visibility = null, IReadOnlyList<long>? selected = null)
    {
        if (SecretRules.Misnamed(name) is { } reason) throw new ArgumentException(reason, nameof(name));
        name = name.ToUpperInvariant();
        var earlier = Current.GetValueOrDefault(name);
        var second = new DateTimeOffset(at.Ticks - (at.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        var updated = earlier is null || second > earlier.UpdatedAt ? second : earlier.UpdatedAt; // two writes within a second look like one
        Change(Current.SetItem(name, new(name, value, earlier?.CreatedAt ?? second, updated) { Visibility = visibility, Selected = selected ?? [] }), at);
        return earlier is null;
    }

    internal void Select(FakeSecret secret, IReadOnlyList<long> selected) => Change(Current.SetItem(secret.Name, secret with { Selected = selected }), _world.Now);

    internal bool Delete(string name, DateTimeOffset at)
    {
        name = name.ToUpperInvariant();
        if (!Current.ContainsKey(name)) return false;
        Change(Current.Remove(name), at);
        return true;
    }

    internal void Count() => Changes++;

    private void Change(ImmutableSortedDictionary<string, FakeSecret> secrets, DateTimeOffset at) => _history.Add((at, secrets));

    // Those of github.com are numbers of 18 digits.
    private static (string Id, KeyPair Pair) NewKey() =>
        (RandomNumberGenerator.GetInt32(100_000_000, int.MaxValue).ToString(CultureInfo.InvariantCulture) + RandomNumberGenerator.GetString("0123456789", 9), KeyPair.New());
}
