using System.Globalization;
using System.Net;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>
/// When the next request may be sent (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api, best-practices-for-using-the-rest-api): what GitHub said last, and what it
/// says in general of programs that behave. For one request at a time.
/// </summary>
internal sealed class GitHubLimits(GitHubOptions options)
{
    private const int WriteCost = 5;
    private const int ReadCost = 1;
    private const string AskedBefore = "GitHub asked to come back later, also another program";

    /// <summary>What is sent now arrives later, and GitHub counts what arrives.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(2);

    /// <summary>Between two changes.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Where GitHub says that it is too much, and not until when.</summary>
    private static readonly TimeSpan FirstRest = TimeSpan.FromMinutes(1);

    private readonly SlidingWindow _writesOfMinute = new(80, TimeSpan.FromMinutes(1) + OnTheWay);
    private readonly SlidingWindow _writesOfHour = new(500, TimeSpan.FromHours(1) + OnTheWay);
    private readonly SlidingWindow _pointsOfMinute = new(900, TimeSpan.FromMinutes(1) + OnTheWay);
    private DateTimeOffset _blockedUntil = DateTimeOffset.MinValue;
    private DateTimeOffset _told = DateTimeOffset.MinValue;
    private DateTimeOffset _lastWrite = DateTimeOffset.UnixEpoch;
    private string _why = "";
    private int _refusedReads; // in a row
    private int _refusedWrites;
    private DateTimeOffset? _heardAt; // what the log says

    /// <summary>What GitHub said last is over: what was counted before may be sent.</summary>
    public bool IsOpen => _blockedUntil <= options.Time.GetUtcNow();

    /// <summary>Waits for the turn of a request, and counts it. Throws <see cref="MillError.RateLimited"/> where that is after <paramref name="giveUp"/>.</summary>
    public async Task WaitAsync(bool isWrite, DateTimeOffset giveUp, CancellationToken cancellationToken)
    {
        while (true)
        {
            await HearAsync(cancellationToken).ConfigureAwait(false);
            var now = options.Time.GetUtcNow();
            var (from, why) = NextTurn(now, isWrite);
            if (from > now)
            {
                // The second between two changes is nothing to speak of, nor to give up for.
                if (from > giveUp && from - now > Pause) throw TooLong(from - now, why);
                if (from - now > Pause) options.Waiting?.Invoke(why, from - now);
                await Task.Delay(from - now, options.Time, cancellationToken).ConfigureAwait(false);
            }
            else if (!isWrite || await TryNoteAsync(now, cancellationToken).ConfigureAwait(false))
            {
                Take(now, isWrite);
                return;
            }
        }
    }

    /// <summary>Hears what an answer says of the next request. True where this one was refused for it, and may be sent again then.</summary>
    public bool Refuses(bool isWrite, GitHubAnswer answer, string message)
    {
        var now = options.Time.GetUtcNow();
        ref var refusals = ref isWrite ? ref _refusedWrites : ref _refusedReads;
        var isRefusal = answer.Status is HttpStatusCode.TooManyRequests || (answer.Status is HttpStatusCode.Forbidden && IsForTooMuch(answer, message));
        refusals = isRefusal ? refusals + 1 : 0;
        // In this order, as GitHub says.
        if (RetryAfter(answer) is { } wait) Block(now + (isRefusal ? AtLeast(wait, refusals) : wait), "GitHub asks to come back later");
        else if (answer["X-RateLimit-Remaining"] is "0" && ResetIn(answer) is { } rest) Block(now + rest, "the requests of this hour are used up");
        else if (isRefusal) Block(now + (FirstRest * (1 << Math.Min(refusals - 1, 4))), "GitHub finds these requests too many");
        return isRefusal;
    }

    /// <summary>Tells others what GitHub said last, where that is news: it counts what they send meanwhile, too.</summary>
    public Task TellAsync(CancellationToken cancellationToken)
    {
        if (_blockedUntil == _told) return Task.CompletedTask;
        _told = _blockedUntil;
        options.Note?.Write(_blockedUntil, options.Time.GetUtcNow());
        return options.Log is { } log ? log.BlockAsync(_blockedUntil, cancellationToken) : Task.CompletedTask;
    }

    /// <summary>A change was answered: the pause begins.</summary>
    public void Wrote() => _lastWrite = options.Time.GetUtcNow();

    /// <summary>A token that may not do it is refused with 403 as well. An Enterprise Server of some age speaks of abuse.</summary>
    private static bool IsForTooMuch(GitHubAnswer answer, string message) =>
        answer["Retry-After"] is not null || answer["X-RateLimit-Remaining"] is "0"
        || message.Contains("rate limit", StringComparison.OrdinalIgnoreCase) || message.Contains("abuse", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whoever is told to come back at once, and refused again, would ask all the time.</summary>
    private static TimeSpan AtLeast(TimeSpan wait, int refusals)
    {
        var least = refusals > 1 ? FirstRest : Pause;
        return wait > least ? wait : least;
    }

    private static TimeSpan? RetryAfter(GitHubAnswer answer) => answer["Retry-After"] switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) => TimeSpan.FromSeconds(seconds),
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var at) && at > answer.Date => at - answer.Date,
        _ => null,
    };

    /// <summary>By GitHub's own clock: ours may be another.</summary>
    private static TimeSpan? ResetIn(GitHubAnswer answer) =>
        long.TryParse(answer["X-RateLimit-Reset"], NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            ? TimeSpan.FromTicks(Math.Max(0, (DateTimeOffset.UnixEpoch.AddSeconds(Math.Min(second, int.MaxValue * 2L)) - answer.Date).Ticks)) + TimeSpan.FromSeconds(1)
            : null;

    private static MillException TooLong(TimeSpan wait, string why) => new(MillError.RateLimited, $"GitHub takes no more requests for {Words(wait)}: {why}.")
    {
        Hint = "Run it again then: it goes on where it stopped.",
        RetryAfter = wait,
    };

    private static string Words(TimeSpan wait) => wait < TimeSpan.FromMinutes(2) ? $"{Math.Ceiling(wait.TotalSeconds):0} s" : $"{Math.Ceiling(wait.TotalMinutes):0} min";

    private void Block(DateTimeOffset until, string why)
    {
        if (until > _blockedUntil) (_blockedUntil, _why) = (until, why);
    }

    private (DateTimeOffset From, string Why) NextTurn(DateTimeOffset now, bool isWrite)
    {
        var turn = (From: _blockedUntil, Why: _why);
        Later(_pointsOfMinute.FreeAt(now, isWrite ? WriteCost : ReadCost), "GitHub takes 900 points of requests a minute");
        if (!isWrite) return turn;
        Later(_lastWrite + Pause, "a second between two changes");
        Later(_writesOfMinute.FreeAt(now, 1), "GitHub takes 80 changes a minute");
        Later(_writesOfHour.FreeAt(now, 1), "GitHub takes 500 changes an hour");
        return turn;

        void Later(DateTimeOffset from, string why)
        {
            if (from > turn.From) turn = (from, why);
        }
    }

    /// <summary>What others noted, at least as long ago as a request is on its way.</summary>
    private async Task HearAsync(CancellationToken cancellationToken)
    {
        if (options.Note?.Read(options.Time.GetUtcNow()) is { } until) Block(until, AskedBefore);
        if (options.Log is not { } log || (_heardAt is { } at && options.Time.GetUtcNow() - at <= OnTheWay)) return;
        await log.ReadAsync(cancellationToken).ConfigureAwait(false);
        Heard(log);
    }

    /// <summary>False where others made changes that were not known of.</summary>
    private async Task<bool> TryNoteAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (options.Log is not { } log) return true;
        var isNoted = await log.TryNoteAsync(now, cancellationToken).ConfigureAwait(false);
        if (isNoted) _heardAt = now;
        else Heard(log);
        return isNoted;
    }

    private void Heard(SharedWriteLog log)
    {
        var known = log.Known;
        _writesOfMinute.Restart(known.Writes);
        _writesOfHour.Restart(known.Writes);
        if (known.BlockedUntil is { } until) Block(until, AskedBefore);
        _heardAt = options.Time.GetUtcNow();
    }

    private void Take(DateTimeOffset now, bool isWrite)
    {
        _pointsOfMinute.Take(now, isWrite ? WriteCost : ReadCost);
        if (!isWrite) return;
        _writesOfMinute.Take(now, 1);
        _writesOfHour.Take(now, 1);
    }
}
