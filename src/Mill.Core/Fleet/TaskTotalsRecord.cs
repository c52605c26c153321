using System.Collections.Immutable;
using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>How often tasks of one name were started, and how long they took: what is left of them once they are forgotten. It is a record, so that whoever leads next counts on.</summary>
public sealed record TaskTotalsRecord : StateRecord
{
    private const int Hours = 24;

    /// <summary>Of lengths, in seconds, each inclusive; one more has what is longer.</summary>
    public static readonly ImmutableArray<int> Bounds = [1, 5, 30, 60, 300, 600, 1800, 3600];

    public required TenantId Tenant { get; init; }

    public required string Name { get; init; }

    /// <summary>How many were started.</summary>
    public required long Started { get; init; }

    /// <summary>Of those that ran and have ended, how many took how long: by <see cref="Bounds"/>, each counted once.</summary>
    public required ImmutableArray<long> Lengths { get; init; }

    /// <summary>What all that ran and have ended took together, in microseconds.</summary>
    public required long Microseconds { get; init; }

    /// <summary>How many were started in each of the last hours that had any, up to a day; the number of an hour is that of hours since 1970.</summary>
    public required ImmutableSortedDictionary<long, int> ByHour { get; init; }

    /// <summary>How many ran and have ended.</summary>
    public long Ended() => Lengths.Sum();

    /// <summary>How many were started within about a day: full hours.</summary>
    public long StartedWithinDay(Timestamp now) => ByHour.Where(hour => hour.Key > HourOf(now) - Hours).Sum(hour => (long)hour.Value);

    /// <summary>Notes what became of a task, where it is one.</summary>
    /// <param name="before">Null for one that was not there.</param>
    internal static void Note(FleetDraft draft, AllocRecord? before, AllocRecord after)
    {
        if (after.Kind is not AllocKind.Task || (before is not null && before.IsTerminal == after.IsTerminal)) return;
        var key = new TaskTotalsKey(after.Tenant, after.Name);
        var totals = draft.Fleet.TaskTotals.GetValueOrDefault(key.Id) ?? None(after);
        if (before is null) totals = totals.WithStart(draft.Now);
        if (after is { IsTerminal: true, StartedAt: { } started, EndedAt: { } ended }) totals = totals.WithEnd(Math.Max(0, ended.Microseconds - started.Microseconds));
        draft.Put(key, totals);
    }

    private static TaskTotalsRecord None(AllocRecord alloc) => new()
    {
        Tenant = alloc.Tenant,
        Name = alloc.Name,
        Started = 0,
        Lengths = [.. Bounds.Select(_ => 0L), 0],
        Microseconds = 0,
        ByHour = ImmutableSortedDictionary<long, int>.Empty,
    };

    private static long HourOf(Timestamp moment) => moment.Microseconds / 3_600_000_000;

    private TaskTotalsRecord WithStart(Timestamp now)
    {
        var hour = HourOf(now);
        var recent = ByHour.RemoveRange(ByHour.Keys.Where(old => old <= hour - Hours));
        return this with { Started = Started + 1, ByHour = recent.SetItem(hour, recent.GetValueOrDefault(hour) + 1) };
    }

    private TaskTotalsRecord WithEnd(long microseconds)
    {
        var place = 0;
        while (place < Bounds.Length && microseconds > Bounds[place] * 1_000_000L) place++;
        return this with { Lengths = Lengths.SetItem(place, Lengths[place] + 1), Microseconds = Microseconds + microseconds };
    }
}
