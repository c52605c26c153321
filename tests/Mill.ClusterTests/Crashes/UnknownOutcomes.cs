using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>Finds out what became of the operations that a crash left without an answer: each happened as a whole or not at all.</summary>
internal sealed class UnknownOutcomes(MillApi api, Expectations expected)
{
    public int Total { get; private set; }

    public int Happened { get; private set; }

    public async Task ResolveAsync()
    {
        var unknown = expected.TakeUnknown();
        Total += unknown.Count;
        // First what is there, for all of them: a retry would hide it.
        var effects = new List<(Operation, bool? Happened)>();
        foreach (var operation in unknown) effects.Add((operation, await LookAsync(operation)));
        foreach (var (operation, happened) in effects)
        {
            if (operation.Key is not null) await RetryAsync(operation, happened);
        }
    }

    /// <summary>True or false; null where it would leave no trace.</summary>
    private async Task<bool?> LookAsync(Operation operation)
    {
        if (operation.MustFail || operation.Members.All(expected.IsCurrent)) return null;
        var effects = new List<(int Version, string Instant)?>();
        foreach (var member in operation.Members) effects.Add(await EffectOfAsync(member));
        var found = effects.Where(effect => effect is not null).Select(effect => effect!.Value).ToList();
        if (found.Count == 0) return false;
        Assert.True(found.Count == operation.Members.Count, $"Only {found.Count} members of this are there: {operation}");
        Assert.True(found.Select(effect => effect.Instant).Distinct().Count() == 1, $"The members of this have different instants: {operation}");
        Happened++;
        expected.Found(operation, found);
        return true;
    }

    private async Task<(int Version, string Instant)?> EffectOfAsync(Member member)
    {
        var secret = expected.Of(member.Name);
        var history = await Seen.HistoryAsync(api, member.Name);
        if (member.IsDelete) return history[secret.LastVersion - 1] is { State: "deleted" } deleted ? (deleted.Number, deleted.To!) : null;
        var value = SecretBytes.Of(expected.Seed, member.Name, member.Sequence!.Value);
        foreach (var version in history.Where(version => !secret.Versions.ContainsKey(version.Number)))
        {
            if ((await Seen.ValueAsync(api, member.Name, version.Number)).AsSpan().SequenceEqual(value)) return (version.Number, version.From);
        }
        return null;
    }

    /// <summary>The same request again: it replays what happened, or happens now; and once more, it only replays.</summary>
    private async Task RetryAsync(Operation operation, bool? happened)
    {
        var first = await operation.SendAsync(api, expected.Seed);
        if (happened is { } known) Assert.True(first.IsSuccess && first.Replayed == known, $"A retry of {operation}, which had {(known ? "" : "not ")}happened: {first}");
        if (happened is not true) expected.Answer(operation, first);
        if (!first.IsSuccess) return;
        var second = await operation.SendAsync(api, expected.Seed);
        Assert.True(second.IsSuccess && second.Replayed && second.Text == first.Text, $"A second retry of {operation}: {second}, after {first}");
    }
}
