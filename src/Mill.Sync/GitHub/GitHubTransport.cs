using System.Net;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>Sends calls one after the other, within GitHub's limits, and again where that may help. Whatever goes wrong leaves as a <see cref="MillException"/>.</summary>
internal sealed class GitHubTransport(GitHubOptions options) : IDisposable
{
    private const int MostAttempts = 4;
    private const int MostRedirects = 3;
    private const int MostKept = 1000;

    /// <summary>A turn that was waited for so long ago is over: what was looked at since is old.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private readonly GitHubWire _wire = new(options);
    private readonly GitHubLimits _limits = new(options);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly MovedRepositories _moved = new(options.Time);
    private readonly Dictionary<Uri, GitHubAnswer> _kept = []; // with their marks; names and times only

    /// <summary>An answer that is a success, or one of the statuses that the caller expects.</summary>
    public async Task<GitHubAnswer> SendAsync(GitHubCall call, CancellationToken cancellationToken, params HttpStatusCode[] expected) =>
        (await InTurnAsync(() => SendInTurnAsync(call, expected, null, cancellationToken), cancellationToken).ConfigureAwait(false))!;

    /// <summary>Waits for the turn of a change, and counts it: what has to be looked at right before it is looked at after this. Throws <see cref="MillError.RateLimited"/> where that is after <paramref name="giveUp"/>.</summary>
    public Task ReserveAsync(DateTimeOffset giveUp, CancellationToken cancellationToken) => InTurnAsync(async () =>
    {
        await _limits.WaitAsync(isWrite: true, giveUp, cancellationToken).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <summary>
    /// Sends a change whose turn was waited for, at once and once. Null where GitHub takes none right now: it has done nothing. Throws <see cref="MillError.OutcomeUnknown"/> where the answer was lost, and
    /// <see cref="NotSentException"/> for what went wrong before.
    /// </summary>
    public Task<GitHubAnswer?> SendReservedAsync(GitHubCall call, CancellationToken cancellationToken, params HttpStatusCode[] expected) =>
        InTurnAsync(() => SendInTurnAsync(call with { IsReserved = true }, expected, null, cancellationToken), cancellationToken);

    public void Dispose()
    {
        _wire.Dispose();
        _turn.Dispose();
        options.Credentials.Dispose();
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> send, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await send().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Null only for what is reserved.</summary>
    /// <param name="given">Makes the token; null for that of the credentials.</param>
    private async Task<GitHubAnswer?> SendInTurnAsync(GitHubCall call, HttpStatusCode[] expected, Func<SecretValue>? given, CancellationToken cancellationToken)
    {
        var began = options.Time.GetUtcNow();
        var (address, attempts, redirects, isRenewed) = (await BeforeAsync(call, AddressOfAsync(call, cancellationToken)).ConfigureAwait(false), 0, 0, false);
        while (true)
        {
            // Before the wait: an app asks for a token, and what it hears of the limits counts for this request, too.
            using var token = given is null ? await BeforeAsync(call, options.Credentials.TokenAsync(call.Owner, AskAsync, cancellationToken).AsTask()).ConfigureAwait(false) : null;
            if (!call.IsReserved) await _limits.WaitAsync(call.IsWrite, began + options.Patience, cancellationToken).ConfigureAwait(false);
            else if (!_limits.IsOpen || options.Time.GetUtcNow() - began > Turn) return null; // to find out where it goes, and to get the token, may have had to wait
            GitHubAnswer answer;
            var kept = call.Method == HttpMethod.Get ? _kept.GetValueOrDefault(address) : null;
            try
            {
                attempts++;
                answer = await ExchangeAsync(call, address, token, given, kept?["ETag"], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
            {
                if (!call.IsRepeatable || attempts >= MostAttempts) throw GitHubProblems.NotReached(address, call, e);
                await PauseAsync(attempts, cancellationToken).ConfigureAwait(false);
                continue;
            }
            var message = GitHubProblems.MessageOf(answer);
            var isRefused = _limits.Refuses(call.IsWrite, answer, message);
            await _limits.TellAsync(cancellationToken).ConfigureAwait(false);
            if (isRefused && call.IsReserved) return null;
            if (isRefused) continue; // nothing was done; the next turn is when GitHub says
            if (answer.IsRedirect && redirects++ < MostRedirects && _wire.Resolve(address, answer["Location"] ?? "") is { } moved)
            {
                var wasKnown = _moved.Find(call.Path) is not null;
                _moved.Learn(call.Path, _wire.PathOf(moved));
                // Reserved was one change, and this was one. A place that is none that can be known, or is sent on from there, would be asked for ever.
                if (call.IsReserved) return !wasKnown && _moved.Find(call.Path) is not null ? null : throw GitHubProblems.From(call, answer, message);
                address = call.IsWrite ? await AddressOfAsync(call, cancellationToken).ConfigureAwait(false) : moved;
            }
            else if (kept is not null && answer.Status is HttpStatusCode.NotModified) return kept with { Date = answer.Date };
            else if (answer.IsSuccess || expected.Contains(answer.Status)) return Keep(call, address, answer);
            else if (answer.Status is HttpStatusCode.Unauthorized && given is null && !isRenewed && options.Credentials.Forget(call.Owner)) isRenewed = true;
            else if (answer.Status >= HttpStatusCode.InternalServerError && call.IsRepeatable && attempts < MostAttempts) await PauseAsync(attempts, cancellationToken).ConfigureAwait(false);
            else throw GitHubProblems.From(call, answer, message);
        }
    }

    /// <summary>Whoever sends a change has to know what was not sent from what may have been.</summary>
    private static async Task<T> BeforeAsync<T>(GitHubCall call, Task<T> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (MillException e) when (call.IsReserved)
        {
            throw new NotSentException(e);
        }
    }

    private async Task<GitHubAnswer> AskAsync(GitHubCall call, Func<SecretValue> token, CancellationToken cancellationToken) =>
        (await SendInTurnAsync(call, [], token, cancellationToken).ConfigureAwait(false))!;

    /// <summary>
    /// Where it goes now. Whoever has been given a repository was not judged when it was decided what goes there, so no change follows it to another owner; reads may: they find out what is there.
    /// </summary>
    private async Task<Uri> AddressOfAsync(GitHubCall call, CancellationToken cancellationToken)
    {
        if (_moved.Find(call.Path) is not { } moved) return _wire.AddressOf(call.Path) ?? throw GitHubProblems.NotUnderstood(call);
        if (call.IsWrite)
        {
            var look = new GitHubCall(HttpMethod.Get, call.Owner, moved.Repository, $"what became of {call.What}");
            var name = (await SendInTurnAsync(look, [], null, cancellationToken).ConfigureAwait(false))!.Read(look, GitHubJson.Default.RepositoryItem).FullName ?? throw GitHubProblems.NotUnderstood(look);
            if (!name.StartsWith($"{call.Owner}/", StringComparison.OrdinalIgnoreCase)) throw GitHubProblems.Transferred(call, name);
        }
        return _wire.AddressOf(moved.Path) ?? throw GitHubProblems.NotUnderstood(call);
    }

    private async Task<GitHubAnswer> ExchangeAsync(GitHubCall call, Uri address, SecretValue? token, Func<SecretValue>? given, string? known, CancellationToken cancellationToken)
    {
        using var made = given?.Invoke();
        try
        {
            return await _wire.SendAsync(call.Method, address, call.Body, token ?? made!, known, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw GitHubProblems.TooLong(call, e);
        }
        finally
        {
            if (call.IsWrite) _limits.Wrote(); // perhaps
        }
    }

    private GitHubAnswer Keep(GitHubCall call, Uri address, GitHubAnswer answer)
    {
        if (call.Method != HttpMethod.Get || !answer.IsSuccess || answer["ETag"] is null) return answer;
        if (_kept.Count >= MostKept) _kept.Clear();
        return _kept[address] = answer;
    }

    private Task PauseAsync(int attempts, CancellationToken cancellationToken) => Task.Delay(FirstPause * (1 << (attempts - 1)), options.Time, cancellationToken);
}
