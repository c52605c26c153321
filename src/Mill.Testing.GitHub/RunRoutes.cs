using System.Globalization;

namespace Mill.Testing.GitHub;

/// <summary>Runs of workflows (https://docs.github.com/en/rest/actions/workflow-runs).</summary>
internal static class RunRoutes
{
    private const int MostFound = 1_000;

    /// <summary>The newest first.</summary>
    public static Answer List(Call call, FakeRepository repository)
    {
        var time = call.World.Now - call.World.ListDelay;
        var runs = call.World.Runs.Where(run => run.Repository == repository && run.At(time) is { } state && IsAsked(call, run, state)).Reverse().ToList();
        return Listing.Of(call, "workflow_runs", runs, run => Json.Run(call, run, time), MostFound);
    }

    public static Answer Get(Call call, FakeRepository repository, long? id) =>
        call.World.Runs.Find(run => run.Id == id && run.Repository == repository) is { Status: not null } found ? Answer.Ok(Json.Run(call, found, call.World.Now)) : Answer.NotFound;

    private static bool IsAsked(Call call, FakeRun run, (DateTimeOffset At, string Status, string? Conclusion) state) =>
        call.Asked("event") is null or "repository_dispatch"
        && (call.Asked("branch") is not { } branch || branch == run.Repository.DefaultBranch)
        && (call.Asked("status") is not { } status || status == state.Status || status == state.Conclusion)
        && (call.Asked("created") is not { } created || (run.CreatedAt is { } at && IsWithin(created, at)));

    /// <summary>As in a search (https://docs.github.com/en/search-github/getting-started-with-searching-on-github/understanding-the-search-syntax#query-for-dates). What cannot be read finds nothing.</summary>
    private static bool IsWithin(string text, DateTimeOffset time)
    {
        // Whole seconds are all that GitHub keeps.
        var second = new DateTimeOffset(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        if (text.Split("..") is [var from, var to]) return (from is "*" || second >= Date(from)) && (to is "*" || second <= Date(to));
        return text switch
        {
            ['>', '=', .. var rest] => second >= Date(rest),
            ['<', '=', .. var rest] => second <= Date(rest),
            ['>', .. var rest] => second > Date(rest),
            ['<', .. var rest] => second < Date(rest),
            _ => second.Date == Date(text)?.Date,
        };
    }

    private static DateTimeOffset? Date(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date) ? date : null;
}
