using System.Net;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>
/// One change of one secret that must not meet what somebody else wrote. GitHub has no "only if nothing changed", so it waits for its turn first, then finds out all that it needs, looks, and sends at once: what comes
/// between the look and the change is all that can be lost. Whatever keeps a change from being done is followed by a new look, and an answer that is lost by one that settles what became of it.
/// </summary>
/// <param name="may">Asked with what is there right before the change, null where nothing is; false leaves it as it is.</param>
internal sealed class GuardedChange(GitHubClient gitHub, SecretScope scope, string name, Func<RemoteSecret?, bool> may)
{
    private const int MostTries = 4;
    private const int MostLooks = 4;
    private const int MostTurns = 5;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Of the clocks at GitHub: what was written later than our answer by more than this is another's.</summary>
    private static readonly TimeSpan Skew = Second;

    private readonly DateTimeOffset _giveUp = gitHub.Options.Time.GetUtcNow() + gitHub.Options.Patience;
    private bool _isInDoubt;
    private DateTimeOffset _latest; // by GitHub's clock: what is later than this is none of what we sent

    /// <summary>Asked before each look, once it is time; false ends it. May throw.</summary>
    public Func<CancellationToken, Task<bool>> IsStillWanted { get; init; } = static _ => Task.FromResult(true);

    private TimeProvider Time => gitHub.Options.Time;

    /// <summary>Throws only <see cref="OperationCanceledException"/>.</summary>
    public Task<ChangeResult> SetAsync(SecretValue value, CancellationToken cancellationToken) => RunAsync(token => gitHub.SealAsync(scope, name, value, token), cancellationToken);

    /// <summary>Throws only <see cref="OperationCanceledException"/>.</summary>
    public Task<ChangeResult> DeleteAsync(CancellationToken cancellationToken) => RunAsync(_ => Task.FromResult(GitHubClient.DeletionOf(scope, name)), cancellationToken);

    private async Task<ChangeResult> RunAsync(Func<CancellationToken, Task<GitHubCall>> prepare, CancellationToken cancellationToken)
    {
        ChangeResult result;
        try
        {
            result = await TryAsync(prepare, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            result = new NotChanged(e);
        }
        return result with { IsInDoubt = _isInDoubt };
    }

    private async Task<ChangeResult> TryAsync(Func<CancellationToken, Task<GitHubCall>> prepare, CancellationToken cancellationToken)
    {
        var (tries, isKeyNew) = (1, false);
        DateTimeOffset? before = null;
        while (true)
        {
            if (await BeginAsync(prepare, cancellationToken).ConfigureAwait(false) is not { } turn) return new NotWanted();
            var found = turn.Found;
            if (turn.Call.Method == HttpMethod.Delete && found is null) return Certainly(new SecretDeleted());
            if (_isInDoubt && turn.Call.Method == HttpMethod.Put && found is not null && found.UpdatedAt != before)
            {
                if (found.UpdatedAt <= _latest) return Certainly(new SecretSet(null, new(found.UpdatedAt, IsCertain: false)));
                _isInDoubt = false; // whatever became of ours, this came after it
            }
            if (!may(found)) return new SecretLeft();
            before = found?.UpdatedAt;
            try
            {
                if (await SendAsync(turn, cancellationToken).ConfigureAwait(false) is { } answer) return await DoneAsync(turn, answer, cancellationToken).ConfigureAwait(false);
            }
            catch (MillException e) when (e.Error is MillError.InvalidRequest && turn.Call.Method == HttpMethod.Put && !isKeyNew)
            {
                if (!await gitHub.HasNewKeyAsync(scope, cancellationToken).ConfigureAwait(false)) throw;
                isKeyNew = true;
            }
            catch (MillException e) when (MayHaveHappened(e) && tries < MostTries)
            {
                await Task.Delay(Second * (1 << (tries++ - 1)), Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ChangeResult Certainly(ChangeResult result)
    {
        _isInDoubt = false;
        return result;
    }

    /// <summary>What is to be sent, and what is there as our turn comes; null where nobody wants the change any longer.</summary>
    private async Task<Turn?> BeginAsync(Func<CancellationToken, Task<GitHubCall>> prepare, CancellationToken cancellationToken)
    {
        for (var turns = 1; ; turns++)
        {
            if (Time.GetUtcNow() > _giveUp) throw new MillException(MillError.Unreachable, $"GitHub took no change of {name} within {gitHub.Options.Patience.TotalMinutes:0} min.") { Hint = "Run it again: it looks at what is there first." };
            await gitHub.ReserveAsync(_giveUp, cancellationToken).ConfigureAwait(false);
            var since = Time.GetUtcNow();
            if (!await IsStillWanted(cancellationToken).ConfigureAwait(false)) return null;
            // Who is to see it may have been changed while this waited, as well.
            var call = await prepare(cancellationToken).ConfigureAwait(false);
            var (found, date) = await gitHub.LookAsync(scope, name, cancellationToken).ConfigureAwait(false);
            // GitHub counts in seconds: a change in the second of the one before would look like that one.
            for (var waits = 1; found?.UpdatedAt >= date && waits < MostLooks; waits++)
            {
                await Task.Delay(Second, Time, cancellationToken).ConfigureAwait(false);
                (found, date) = await gitHub.LookAsync(scope, name, cancellationToken).ConfigureAwait(false);
            }
            var now = Time.GetUtcNow();
            if (now - since <= GitHubTransport.Turn || turns == MostTurns) return new(call, found?.ToSecret(), date, now);
        }
    }

    /// <summary>Null where GitHub takes no change right now.</summary>
    private async Task<GitHubAnswer?> SendAsync(Turn turn, CancellationToken cancellationToken)
    {
        var before = _isInDoubt;
        _isInDoubt = true;
        try
        {
            var answer = await gitHub.SendReservedAsync(turn.Call, cancellationToken).ConfigureAwait(false);
            if (answer is null) _isInDoubt = before;
            return answer;
        }
        catch (MillException e) when (e is NotSentException || IsRefusal(e))
        {
            _isInDoubt = before;
            throw;
        }
        finally
        {
            // Both are in whole seconds.
            _latest = turn.Date + (Time.GetUtcNow() - turn.At) + Second + Skew;
        }
    }

    private async Task<ChangeResult> DoneAsync(Turn turn, GitHubAnswer answer, CancellationToken cancellationToken)
    {
        if (turn.Call.Method == HttpMethod.Delete) return Certainly(new SecretDeleted());
        return Certainly(new SecretSet(turn.Found, await ConfirmAsync(turn.Found, answer.Status is HttpStatusCode.Created, answer.Date, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>To look at it again may tell.</summary>
    private static bool MayHaveHappened(MillException failure) => failure.Error is MillError.Unreachable or MillError.OutcomeUnknown;

    /// <summary>GitHub has certainly done nothing.</summary>
    private static bool IsRefusal(MillException failure) => failure.Error is MillError.Unauthenticated or MillError.Forbidden or MillError.NotFound or MillError.RateLimited
        or MillError.InvalidRequest or MillError.InvalidName or MillError.InvalidValue or MillError.TooLarge or MillError.PreconditionFailed or MillError.Unsupported or MillError.Configuration;

    /// <summary>GitHub never tells a value; that something was written, and when, is all there is to see.</summary>
    /// <param name="date">GitHub's clock after ours was written.</param>
    private async Task<SecretWrite> ConfirmAsync(RemoteSecret? before, bool isNew, DateTimeOffset date, CancellationToken cancellationToken)
    {
        var hasReplaced = before is null && !isNew;
        for (var looks = 1; looks <= MostLooks; looks++)
        {
            if (looks > 1) await Task.Delay(Second, Time, cancellationToken).ConfigureAwait(false);
            var (found, now) = await gitHub.LookAsync(scope, name, cancellationToken).ConfigureAwait(false);
            if (found is null || found.UpdatedAt == before?.UpdatedAt) continue;
            // What is from the future shows that these clocks tell nothing of who was first.
            var isReplaced = found.UpdatedAt > date + Skew && found.UpdatedAt <= now;
            return new(isReplaced ? date : found.UpdatedAt, IsCertain: found.UpdatedAt <= date && !hasReplaced) { HasReplacedAnother = hasReplaced, IsReplaced = isReplaced };
        }
        throw new MillException(MillError.OutcomeUnknown, $"GitHub took {name}, and does not show that it changed.") { Hint = "Run it again: it looks once more, and writes what is not there." };
    }

    /// <param name="Found">Null where nothing is there.</param>
    /// <param name="Date">GitHub's clock at the look.</param>
    /// <param name="At">Ours right after it.</param>
    private sealed record Turn(GitHubCall Call, RemoteSecret? Found, DateTimeOffset Date, DateTimeOffset At);
}
