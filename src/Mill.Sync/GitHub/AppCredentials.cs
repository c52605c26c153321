using System.Globalization;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>
/// A GitHub App: it signs who it is, and gets a token of an hour for each owner that has installed it (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app). Belongs to
/// nobody who may leave. For one request at a time, as the client sends them.
/// </summary>
/// <param name="appId">The app's number, or its client id.</param>
/// <param name="privateKey">In PEM, as GitHub gives it. Disposed with this.</param>
/// <param name="time">Signatures and tokens end.</param>
public sealed class AppCredentials(string appId, SecretValue privateKey, TimeProvider time) : IGitHubCredentials
{
    /// <summary>So long before its end a token is replaced.</summary>
    private static readonly TimeSpan Spare = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, (SecretValue Token, DateTimeOffset Ends)> _tokens = new(StringComparer.OrdinalIgnoreCase);

    async ValueTask<SecretValue> IGitHubCredentials.TokenAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken)
    {
        if (!_tokens.TryGetValue(owner, out var held) || held.Ends - Spare <= time.GetUtcNow())
        {
            var fresh = await FetchAsync(owner, ask, cancellationToken).ConfigureAwait(false);
            Forget(owner);
            held = _tokens[owner] = fresh;
        }
        return held.Token.Reveal(SecretValue.FromBytes);
    }

    bool IGitHubCredentials.Forget(string owner) => Forget(owner);

    public void Dispose()
    {
        foreach (var (token, _) in _tokens.Values) token.Dispose();
        _tokens.Clear();
        privateKey.Dispose();
    }

    private bool Forget(string owner)
    {
        if (!_tokens.Remove(owner, out var held)) return false;
        held.Token.Dispose();
        return true;
    }

    private async Task<(SecretValue, DateTimeOffset)> FetchAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken)
    {
        try
        {
            var installation = await FindInstallationAsync(owner, ask, cancellationToken).ConfigureAwait(false);
            var path = string.Create(CultureInfo.InvariantCulture, $"app/installations/{installation}/access_tokens");
            var call = new GitHubCall(HttpMethod.Post, owner, path, $"a token of the app for {owner}") { IsForToken = true };
            var token = (await ask(call, Sign, cancellationToken).ConfigureAwait(false)).Read(call, GitHubJson.Default.InstallationToken);
            return (SecretValue.FromText(token.Token), token.ExpiresAt);
        }
        catch (MillException e) when (e.Error is MillError.Unauthenticated or MillError.NotFound)
        {
            throw new MillException(MillError.Unauthenticated, $"GitHub does not know the GitHub App {appId} by this key.") { Hint = "Check the id of the app, that this key is still one of its keys, and the clock of this machine." };
        }
    }

    private async Task<long> FindInstallationAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken)
    {
        var next = $"app/installations?per_page={GitHubPaths.PageSize}";
        while (next is not null)
        {
            var call = new GitHubCall(HttpMethod.Get, owner, next, "the installations of the app");
            var answer = await ask(call, Sign, cancellationToken).ConfigureAwait(false);
            foreach (var installation in answer.Read(call, GitHubJson.Default.ListInstallationItem))
            {
                if (string.Equals(installation.Account?.Login, owner, StringComparison.OrdinalIgnoreCase)) return installation.Id;
            }
            next = answer.Next;
        }
        throw new MillException(MillError.Forbidden, $"{owner} has not installed the GitHub App {appId}.") { Hint = "Install it there, with the permission to write secrets." };
    }

    private SecretValue Sign() => AppSignature.Make(appId, privateKey, time.GetUtcNow());
}
