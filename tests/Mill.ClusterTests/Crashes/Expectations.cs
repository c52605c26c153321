using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>Everything a store must hold, learned from the answers of the server alone. Shared by the clients of a run.</summary>
internal sealed class Expectations(int seed)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ExpectedSecret> _secrets = [];
    private readonly List<Operation> _open = [];
    private readonly List<(Operation Operation, string Answer)> _repeatable = [];
    private readonly HashSet<string> _touched = [];
    private long _sequence;

    public int Seed { get; } = seed;

    public long Acknowledged { get; private set; }

    public IReadOnlyList<ExpectedSecret> All => Locked(() => _secrets.Values.ToList());

    public ExpectedSecret Of(string name) => Locked(() => OfLocked(name));

    public long NextSequence() => Interlocked.Increment(ref _sequence);

    public void Begin(Operation operation) => Locked(() => _open.Add(operation));

    /// <summary>Takes the answer to an operation in, and fails where it contradicts what is known.</summary>
    public void Answer(Operation operation, Reply reply) => Locked(() =>
    {
        if (reply.Code is "outcome_unknown") return;
        _open.Remove(operation);
        if (reply.Code is "not_ready") return; // the server stops: nothing was written
        Assert.True(operation.MustFail ? reply.Status == 412 : reply.IsSuccess, $"{operation} was answered {reply}");
        if (operation.MustFail) return;
        Acknowledged++;
        ApplyLocked(operation, reply.Body);
        if (operation.Key is not null) _repeatable.Add((operation, reply.Text));
    });

    /// <summary>Takes an operation in that is known to have happened: from what the store shows.</summary>
    public void Found(Operation operation, IReadOnlyList<(int Version, string Instant)> effects) => Locked(() =>
    {
        foreach (var (member, (version, instant)) in operation.Members.Zip(effects)) LearnLocked(member, version, instant);
    });

    /// <summary>Operations without an answer; forgotten here.</summary>
    public IReadOnlyList<Operation> TakeUnknown() => Locked(() => Take(_open));

    /// <summary>Names that were written since the last call.</summary>
    public IReadOnlyList<string> TakeTouched() => Locked(() =>
    {
        var names = _touched.ToList();
        _touched.Clear();
        return names;
    });

    /// <summary>Acknowledged operations with an Idempotency-Key since the last call, and their answers.</summary>
    public IReadOnlyList<(Operation Operation, string Answer)> TakeRepeatable() => Locked(() => Take(_repeatable));

    /// <summary>True where a set would change nothing.</summary>
    public bool IsCurrent(Member member) => Locked(() => IsCurrentLocked(member));

    private static List<T> Take<T>(List<T> from)
    {
        var taken = from.ToList();
        from.Clear();
        return taken;
    }

    private void ApplyLocked(Operation operation, JsonNode? body)
    {
        if (operation.IsTransaction)
        {
            var instant = body!["valid_from"]!.GetValue<string>();
            foreach (var (member, result) in operation.Members.Zip(body["results"]!.AsArray()))
            {
                Assert.Equal(member.Name, result!["name"]!.GetValue<string>());
                LearnLocked(member, result["version"]!.GetValue<int>(), instant);
            }
        }
        else if (operation.Members[0] is { IsDelete: true } delete) LearnLocked(delete, OfLocked(delete.Name).LastVersion, instant: null);
        else ApplySetLocked(operation.Members[0], body!);
    }

    private void ApplySetLocked(Member member, JsonNode body)
    {
        var (version, changed) = (body["version"]!.GetValue<int>(), body["changed"]!.GetValue<bool>());
        if (ExpectedSecret.IsShared(member.Name)) Assert.True(changed, $"{member.Name}: a value that was never set before changed nothing.");
        else Assert.Equal(!IsCurrentLocked(member), changed);
        if (changed) LearnLocked(member, version, body["valid_from"]!.GetValue<string>());
        else Assert.Equal(OfLocked(member.Name).LastVersion, version);
    }

    private bool IsCurrentLocked(Member member) => OfLocked(member.Name).Current is { } current && !member.IsDelete
        && SecretBytes.Of(Seed, member.Name, current.Sequence).AsSpan().SequenceEqual(SecretBytes.Of(Seed, member.Name, member.Sequence!.Value));

    private void LearnLocked(Member member, int version, string? instant)
    {
        var secret = OfLocked(member.Name);
        _touched.Add(member.Name);
        if (member.IsDelete)
        {
            Assert.Equal(secret.LastVersion, version);
            secret.Deletions.Add(version, instant);
            return;
        }
        if (secret.IsOwned) Assert.Equal(secret.LastVersion + 1, version);
        Assert.True(secret.Versions.TryAdd(version, new(version, member.Sequence!.Value, instant!)), $"{member.Name}: version {version} was given out twice.");
    }

    private ExpectedSecret OfLocked(string name)
    {
        if (!_secrets.TryGetValue(name, out var secret)) _secrets[name] = secret = new(name);
        return secret;
    }

    private void Locked(Action action)
    {
        lock (_lock) action();
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock) return read();
    }
}
