using System.Net;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>Sends calls one after the other, within GitHub's limits, and again where that may help. Whatever goes wrong leaves as a <see cref="MillException"/>.</summary>
internal sealed class GitHubTransport(GitHubOptions options) : IDisposable
{
    private const int MostAttempts = 4;
    private const int MostRedirects = 3;
    private const int MostKept = 1000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private readonly GitHubWire _wire = new(options);
    private readonly GitHubLimits _limits = new(options);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<Uri, GitHubAnswer> _kept = []; // with their marks; names and times only

    /// <summary>An answer that is a success, or one of the statuses that the caller expects.</summary>
    public async Task<GitHubAnswer> SendAsync(GitHubCall call, CancellationToken cancellationToken, params HttpStatusCode[] expected)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SendInTurnAsync(call, expected, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _wire.Dispose();
        _turn.Dispose();
    }

    private async Task<GitHubAnswer> SendInTurnAsync(GitHubCall call, HttpStatusCode[] expected, CancellationToken cancellationToken)
    {
        var giveUp = options.Time.GetUtcNow() + options.Patience;
        var (address, attempts, redirects, isRenewed) = (_wire.AddressOf(call.Path) ?? throw GitHubProblems.NotUnderstood(call), 0, 0, false);
        while (true)
        {
            await _limits.WaitAsync(call.IsWrite, giveUp, cancellationToken).ConfigureAwait(false);
            GitHubAnswer answer;
            var kept = call.IsWrite ? null : _kept.GetValueOrDefault(address);
            try
            {
                attempts++;
                answer = await ExchangeAsync(call, address, kept?["ETag"], cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
            {
                if (!call.IsRepeatable || attempts >= MostAttempts) throw GitHubProblems.NotReached(address, call, e);
                await PauseAsync(attempts, cancellationToken).ConfigureAwait(false);
                continue;
            }
            var message = GitHubProblems.MessageOf(answer);
            if (_limits.Refuses(answer, message)) continue; // nothing was done; the next turn is when GitHub says
            if (answer.IsRedirect && redirects++ < MostRedirects && _wire.Resolve(address, answer["Location"] ?? "") is { } moved) address = moved;
            else if (kept is not null && answer.Status is HttpStatusCode.NotModified) return kept with { Date = answer.Date };
            else if (answer.IsSuccess || expected.Contains(answer.Status)) return Keep(call, address, answer);
            else if (answer.Status is HttpStatusCode.Unauthorized && !isRenewed && options.Credentials.Forget(call.Owner)) isRenewed = true;
            else if (answer.Status >= HttpStatusCode.InternalServerError && call.IsRepeatable && attempts < MostAttempts) await PauseAsync(attempts, cancellationToken).ConfigureAwait(false);
            else throw GitHubProblems.From(call, answer, message);
        }
    }

    private async Task<GitHubAnswer> ExchangeAsync(GitHubCall call, Uri address, string? known, CancellationToken cancellationToken)
    {
        using var token = await options.Credentials.TokenAsync(call.Owner, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _wire.SendAsync(call.Method, address, call.Body, token, known, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (call.IsWrite) _limits.Wrote(); // perhaps
        }
    }

    private GitHubAnswer Keep(GitHubCall call, Uri address, GitHubAnswer answer)
    {
        if (call.IsWrite || !answer.IsSuccess || answer["ETag"] is null) return answer;
        if (_kept.Count >= MostKept) _kept.Clear();
        return _kept[address] = answer;
    }

    private Task PauseAsync(int attempts, CancellationToken cancellationToken) => Task.Delay(FirstPause * (1 << (attempts - 1)), options.Time, cancellationToken);
}
