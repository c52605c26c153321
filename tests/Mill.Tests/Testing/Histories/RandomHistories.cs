using Mill.Testing.Histories;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Tests.Testing.Histories;

/// <summary>
/// Histories that are linearizable because of how they are made: the model carries out one operation after another, each at its own moment, and then every operation is spread out around its moment
/// until it overlaps others.
/// </summary>
internal sealed class RandomHistories(int seed)
{
    private const long Step = 100;

    private static readonly string[] Values = ["x", "y", "z"];

    private readonly Random _random = new(seed);

    public required IReadOnlyList<string> Names { get; init; }

    public required int Clients { get; init; }

    /// <summary>How far an operation reaches to either side of its moment, in steps between moments.</summary>
    public double Spread { get; init; } = 3;

    public double UnknownShare { get; init; } = 0.05;

    public bool WithKeys { get; init; }

    /// <summary>Where every set has a value of its own, as a workload would; else few values meet each other often.</summary>
    public bool WithOwnValues { get; init; }

    public List<Operation> Next(int count)
    {
        var state = SecretsState.Empty;
        var moments = new List<(int Client, SecretCall Call, SecretAnswer? Answer, long Moment)>();
        for (var i = 0; i < count; i++)
        {
            var call = Call(state, i);
            var (next, answer) = SecretDecisions.Decide(state, call, instant: 1000 + (10 * i));
            var isUnknown = call.IsWrite && _random.NextDouble() < UnknownShare;
            // Half of those without an answer never happened.
            if (!isUnknown || _random.Next(2) == 0) state = next;
            moments.Add((_random.Next(Clients), call, isUnknown ? null : answer, (i + 1) * Step));
        }
        return Around(moments);
    }

    /// <summary>The same history with one answer that is not the one that was given.</summary>
    public List<Operation> Mutate(List<Operation> history)
    {
        var known = history.Where(operation => !operation.IsUnknown).ToList();
        var chosen = known[_random.Next(known.Count)];
        return [.. history.Select(operation => ReferenceEquals(operation, chosen) ? operation with { Output = Otherwise(operation.Output!) } : operation)];
    }

    private List<Operation> Around(List<(int Client, SecretCall Call, SecretAnswer? Answer, long Moment)> moments)
    {
        var history = new List<Operation>();
        var free = new long[Clients]; // a client does one thing at a time; one without an answer is replaced by the next with its number
        foreach (var group in moments.GroupBy(entry => entry.Client))
        {
            var own = group.ToList();
            for (var i = 0; i < own.Count; i++)
            {
                var (client, call, answer, moment) = own[i];
                var invoked = Math.Max(free[client] + 1, moment - Reach());
                var limit = i + 1 < own.Count ? (moment + own[i + 1].Moment) / 2 : long.MaxValue - 1;
                var responded = Math.Min(limit, moment + Reach());
                free[client] = responded;
                history.Add(new(client, call, answer, invoked, answer is null ? Operation.Never : responded));
            }
        }
        return [.. history.OrderBy(operation => operation.Invoked)];
    }

    private long Reach() => (long)(_random.NextDouble() * Spread * Step);

    private SecretCall Call(SecretsState state, int number)
    {
        var name = Names[_random.Next(Names.Count)];
        var key = WithKeys && _random.Next(4) == 0 ? $"k{_random.Next(3)}" : null;
        return _random.Next(10) switch
        {
            0 or 1 or 2 => new SecretCall.Set(name, Value(number), Condition(state, name), Force: _random.Next(8) == 0) { Key = key },
            3 => new SecretCall.Delete(name, Condition(state, name) with { IfAbsent = false }) { Key = key },
            4 => new SecretCall.Transact([.. Names.OrderBy(_ => _random.Next()).Take(2).Select(member => new Change(member, _random.Next(4) == 0 ? null : Value(number), Condition(state, member)))]) { Key = key },
            5 => new SecretCall.GetVersion(name, _random.Next(1, 4)),
            6 => new SecretCall.History(name, Limit: 3),
            _ => new SecretCall.Get(name),
        };
    }

    private string Value(int number) => WithOwnValues ? $"v{number}" : Values[_random.Next(Values.Length)];

    private Condition Condition(SecretsState state, string name) => _random.Next(6) switch
    {
        0 => Mill.Testing.Histories.Condition.Absent,
        1 or 2 => Mill.Testing.Histories.Condition.Version(Math.Max(1, (state.Find(name)?.Number ?? 0) - _random.Next(3) + 1)),
        _ => Mill.Testing.Histories.Condition.Always,
    };

    private SecretAnswer Otherwise(SecretAnswer answer) => (answer, _random.Next(3)) switch
    {
        (SecretAnswer.Written written, 0) => written with { Version = written.Version + 1 },
        (SecretAnswer.Written written, 1) => written with { Changed = !written.Changed },
        (SecretAnswer.Written, _) => new SecretAnswer.PreconditionFailed(Current: 77),
        (SecretAnswer.Found found, 0) => found with { Value = "nobody's" },
        (SecretAnswer.Found found, 1) => found with { Version = found.Version with { Number = found.Version.Number + 1 } },
        (SecretAnswer.Found, _) => new SecretAnswer.NotFound(),
        (SecretAnswer.Committed committed, 0) => committed with { Results = [committed.Results[0] with { Version = committed.Results[0].Version + 1 }, .. committed.Results.Skip(1)] },
        (SecretAnswer.Versions versions, 0) => versions with { NewestFirst = [.. versions.NewestFirst.Skip(1)] },
        (SecretAnswer.Deleted, _) or (SecretAnswer.Committed, _) or (SecretAnswer.Versions, _) => new SecretAnswer.NotFound(),
        (SecretAnswer.NotFound or SecretAnswer.PreconditionFailed, _) => new SecretAnswer.Deleted(),
        _ => new SecretAnswer.NotFound(),
    };
}
