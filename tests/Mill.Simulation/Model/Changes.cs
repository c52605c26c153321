using Mill.Core.Model;

namespace Mill.Simulation.Model;

/// <summary>The three things that can happen to a version.</summary>
internal static class Changes
{
    /// <param name="time">The instant, where it is known already; else that of the record.</param>
    public static ModelState Append(ModelState state, SecretId id, string value, string writer, string request, CommitView commit, long? time)
    {
        var number = state.Versions(id).Count + 1;
        var from = commit.Version(id, number).ValidFrom.Microseconds;
        var next = time is null ? state.At(from) : state;
        Violation.Unless(time is null || time == from, $"version {number} of {id} has an instant of its own in a transaction: {from}, not {time}");
        if (state.Current(id) is { } current) next = next.With(id, current with { State = VersionState.Superseded, To = from });
        return next.With(id, new(number, value, writer, request, from, null, VersionState.Current));
    }

    public static ModelState Delete(ModelState state, SecretId id, CommitView commit, long? time)
    {
        var current = state.Current(id)!;
        var to = EndOf(commit, id, current.Number);
        Violation.Unless(time is null || time == to, $"the deletion of {id} has an instant of its own in a transaction: {to}, not {time}");
        return (time is null ? state.At(to) : state).With(id, current with { State = VersionState.Deleted, To = to });
    }

    public static ModelState Destroy(ModelState state, SecretId id, IEnumerable<int> numbers, CommitView commit)
    {
        foreach (var number in numbers)
        {
            var version = state.Find(id, number)!;
            if (version.State is VersionState.Destroyed) continue;
            var to = version.To ?? EndOf(commit, id, number);
            if (version.To is null) state = state.At(to);
            state = state.With(id, version with { State = VersionState.Destroyed, To = to });
        }
        return state;
    }

    public static long EndOf(CommitView commit, SecretId id, int number) =>
        commit.Version(id, number).ValidTo?.Microseconds ?? throw new Violation($"version {number} of {id} ended without an end");
}
