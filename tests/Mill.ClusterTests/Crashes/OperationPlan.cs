namespace Mill.ClusterTests.Crashes;

/// <summary>What one client writes: seeded, and always possible given what is known. Each client has names of its own and shares some with the others.</summary>
internal sealed class OperationPlan(int client, int seed, Expectations expected, bool isHeavy)
{
    private readonly Random _random = new(HashCodeOf(seed, client));

    public Operation Next()
    {
        var key = _random.Next(10) < 3 ? $"key-{client}-{expected.NextSequence()}" : null;
        return _random.Next(100) switch
        {
            < 10 when Existing() is { } name => new([new(name, null)], IsTransaction: false, key),
            < 40 => Transaction(key),
            < 52 => new([Set(SharedName())], IsTransaction: false, key),
            < 60 => new([Set($"c{client}/tiny{_random.Next(3)}")], IsTransaction: false, key),
            < 64 => new([Set(OwnName()) with { IfVersion = 1_000_000 }], IsTransaction: false, key, MustFail: true),
            < 74 => new([Guarded(OwnName())], IsTransaction: false, key),
            _ => new([Set(OwnName())], IsTransaction: false, key),
        };
    }

    private static int HashCodeOf(int seed, int client) => unchecked((seed * 397) ^ (client * 7919));

    private Operation Transaction(string? key)
    {
        var names = Enumerable.Range(0, _random.Next(2, 7)).Select(_ => _random.Next(4) == 0 ? SharedName() : OwnName()).Distinct().ToList();
        var members = names.Select(TransactionMember).ToList();
        var mustFail = _random.Next(20) == 0;
        if (mustFail) members[^1] = Set(names[^1]) with { IfVersion = 1_000_000 };
        return new(members, IsTransaction: true, key, mustFail);
    }

    private Member TransactionMember(string name) => ExpectedSecret.IsShared(name) ? Set(name) : _random.Next(6) switch
    {
        0 when expected.Of(name).Current is not null => new(name, null),
        1 => Guarded(name),
        _ => Set(name),
    };

    /// <summary>A set with the precondition that holds.</summary>
    private Member Guarded(string name) => expected.Of(name).Current is { } current ? Set(name) with { IfVersion = current.Number } : Set(name) with { IfAbsent = true };

    private Member Set(string name) => new(name, expected.NextSequence());

    private string SharedName() => $"shared/{_random.Next(4)}";

    private string OwnName() => isHeavy || _random.Next(12) == 0 ? $"c{client}/big{_random.Next(5)}" : $"c{client}/name{_random.Next(12)}";

    private string? Existing() => Enumerable.Range(0, 4).Select(_ => OwnName()).FirstOrDefault(name => expected.Of(name).Current is not null);
}
