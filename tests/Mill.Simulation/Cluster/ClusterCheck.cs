using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Ports;
using Mill.Simulation.Checks;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Testing.Histories;
using Mill.Testing.Linearizability;

namespace Mill.Simulation.Cluster;

/// <summary>Whether what everybody was told could have come from one vault, and is what lies in the store.</summary>
internal static class ClusterCheck
{
    /// <summary>In steps only: how fast a machine is decides nothing. A run takes some thousand.</summary>
    private static readonly CheckLimits Limits = new(5_000_000, TimeSpan.MaxValue);

    /// <summary>Every fault found.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(ClusterRun run)
    {
        if (run.Failures.Count > 0) return run.Failures;
        var faults = new List<string>();
        faults.AddRange(run.Store.Truth.Faults());
        faults.AddRange(PointInTimeCheck.Run(run.History));
        faults.AddRange(ListFaults(run));
        faults.AddRange(run.Streams.SelectMany(stream => StreamFaults(run, stream)));
        faults.AddRange(await StateFaultsAsync(run));
        if (faults.Count > 0) return faults;
        return FaultsOf(LinearizabilityCheck.Run(new SecretsModel(), run.History, Limits));
    }

    /// <summary>What was not decided shows nothing, and so is a fault too.</summary>
    internal static IReadOnlyList<string> FaultsOf(CheckResult check) => check.Verdict is Verdict.Linearizable ? [] : [$"{check}"];

    /// <summary>A list is one cut of the store, and none older than what anybody was shown before it was asked for.</summary>
    private static IEnumerable<string> ListFaults(ClusterRun run)
    {
        var truth = run.Store.Truth;
        foreach (var list in run.Lists)
        {
            if (!Same(list.Names, truth.Existing(list.Revision))) yield return $"the list at {list.Revision} holds {Text(list.Names)}, but there was {Text(truth.Existing(list.Revision))}";
            var newest = run.Lists.Where(other => other.Responded < list.Invoked).Select(other => other.Revision).DefaultIfEmpty().Max();
            if (!truth.IsSame(list.Revision, newest)) yield return $"somebody was shown revision {newest}, and then a list of revision {list.Revision}";
        }
    }

    /// <summary>Follows a watcher step by step: what it makes of them must be what was there.</summary>
    private static IEnumerable<string> StreamFaults(ClusterRun run, SeenStream stream)
    {
        var truth = run.Store.Truth;
        var view = new SortedDictionary<string, int>(truth.Existing(stream.Start).ToDictionary(), StringComparer.Ordinal);
        var revision = stream.Start;
        foreach (var step in stream.Steps)
        {
            if (step.Revision <= revision) yield return $"a watcher at {revision} was told of {step.Revision}";
            revision = step.Revision;
            foreach (var change in step.Events)
            {
                if (change.Kind is SecretEventKind.Removed) view.Remove(change.Name);
                else view[change.Name] = change.Version;
            }
            if (!Same(view, truth.Existing(revision))) yield return $"a watcher makes {Text(view)} of revision {revision}, but there was {Text(truth.Existing(revision))}";
        }
        foreach (var fault in WatchCheck.Run(run.History, ToWatched(truth, stream), mayJoin: true)) yield return fault;
    }

    private static WatchedStream ToWatched(StoreTruth truth, SeenStream stream)
    {
        var events = stream.Steps.SelectMany(step => step.Events.Select(change => new WatchedEvent(Enum.Parse<WatchedKind>($"{change.Kind}"), change.Name, change.Version, step.Revision)));
        return new(truth.Existing(stream.Start), [.. events], stream.IsWhole ? truth.Existing(stream.Revision) : null) { Ended = truth.Ended(stream.Start) };
    }

    /// <summary>What every node ended with, against the store read anew.</summary>
    private static async Task<IReadOnlyList<string>> StateFaultsAsync(ClusterRun run)
    {
        var stored = await LocalState.LoadAsync(run.Store.Inner, new ManualTime(), NullLoggerFactory.Instance, CancellationToken.None);
        var state = await stored.ReadAsync(CancellationToken.None);
        try
        {
            foreach (var final in run.FinalStates) StoreAgainstModel.RequireSame(final with { Revision = state.Revision }, state);
            return [];
        }
        catch (Violation e)
        {
            return [e.Message];
        }
    }

    private static bool Same(IEnumerable<KeyValuePair<string, int>> left, IEnumerable<KeyValuePair<string, int>> right) =>
        left.OrderBy(pair => pair.Key, StringComparer.Ordinal).SequenceEqual(right.OrderBy(pair => pair.Key, StringComparer.Ordinal));

    private static string Text(IEnumerable<KeyValuePair<string, int>> names) => string.Join(' ', names.OrderBy(pair => pair.Key, StringComparer.Ordinal));
}
