using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>
/// A GitHub App: it signs who it is, and gets a token of an hour for each owner that has installed it (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app). Belongs to
/// nobody who may leave.
/// </summary>
/// <param name="appId">The app's number, or its client id.</param>
/// <param name="privateKey">In PEM, as GitHub gives it.</param>
/// <param name="options">Which GitHub; its credentials are not used.</param>
public sealed class AppCredentials(string appId, SecretValue privateKey, GitHubOptions options) : IGitHubCredentials, IDisposable
{
    /// <summary>GitHub takes ten minutes at most, and its clock may be ahead of ours.</summary>
    private static readonly TimeSpan SignatureLife = TimeSpan.FromMinutes(9);

    private static readonly TimeSpan Backdating = TimeSpan.FromMinutes(1);

    /// <summary>So long before its end a token is replaced.</summary>
    private static readonly TimeSpan Spare = TimeSpan.FromMinutes(5);

    private readonly GitHubWire _wire = new(options);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<string, (SecretValue Token, DateTimeOffset Ends)> _tokens = new(StringComparer.OrdinalIgnoreCase);

    public async ValueTask<SecretValue> TokenAsync(string owner, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_tokens.TryGetValue(owner, out var held) || held.Ends - Spare <= options.Time.GetUtcNow())
            {
                var fresh = await FetchAsync(owner, cancellationToken).ConfigureAwait(false);
                if (held.Token is not null) held.Token.Dispose();
                held = _tokens[owner] = fresh;
            }
            return held.Token.Reveal(SecretValue.FromBytes);
        }
        finally
        {
            _gate.Release();
        }
    }

    public bool Forget(string owner)
    {
        _gate.Wait();
        try
        {
            if (!_tokens.Remove(owner, out var held)) return false;
            held.Token.Dispose();
            return true;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        foreach (var (token, _) in _tokens.Values) token.Dispose();
        _tokens.Clear();
        _wire.Dispose();
        _gate.Dispose();
    }

    private async Task<(SecretValue, DateTimeOffset)> FetchAsync(string owner, CancellationToken cancellationToken)
    {
        using var signed = Sign();
        var installation = await FindInstallationAsync(owner, signed, cancellationToken).ConfigureAwait(false);
        var path = string.Create(CultureInfo.InvariantCulture, $"app/installations/{installation}/access_tokens");
        var call = new GitHubCall(HttpMethod.Post, owner, path, $"a token of the app for {owner}");
        var token = (await AskAsync(call, signed, cancellationToken).ConfigureAwait(false)).Read(call, GitHubJson.Default.InstallationToken);
        return (SecretValue.FromText(token.Token), token.ExpiresAt);
    }

    private async Task<long> FindInstallationAsync(string owner, SecretValue signed, CancellationToken cancellationToken)
    {
        var next = $"app/installations?per_page={GitHubPaths.PageSize}";
        while (next is not null)
        {
            var call = new GitHubCall(HttpMethod.Get, owner, next, "the installations of the app");
            var answer = await AskAsync(call, signed, cancellationToken).ConfigureAwait(false);
            foreach (var installation in answer.Read(call, GitHubJson.Default.ListInstallationItem))
            {
                if (string.Equals(installation.Account?.Login, owner, StringComparison.OrdinalIgnoreCase)) return installation.Id;
            }
            next = answer.Next;
        }
        throw new MillException(MillError.Forbidden, $"{owner} has not installed the GitHub App {appId}.") { Hint = "Install it there, with the permission to write secrets." };
    }

    private async Task<GitHubAnswer> AskAsync(GitHubCall call, SecretValue signed, CancellationToken cancellationToken)
    {
        GitHubAnswer answer;
        var address = _wire.AddressOf(call.Path) ?? throw GitHubProblems.NotUnderstood(call);
        try
        {
            answer = await _wire.SendAsync(call.Method, address, null, signed, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            throw GitHubProblems.NotReached(address, call with { Method = HttpMethod.Get }, e); // a token too many does no harm
        }
        return answer.IsSuccess ? answer : throw GitHubProblems.From(call, answer, GitHubProblems.MessageOf(answer));
    }

    /// <summary>A JSON Web Token (RFC 7519) with RS256.</summary>
    private SecretValue Sign()
    {
        using var key = RSA.Create();
        try
        {
            privateKey.Reveal(key, static (pem, into) =>
            {
                var text = new char[Encoding.UTF8.GetCharCount(pem)];
                Encoding.UTF8.GetChars(pem, text);
                try
                {
                    into.ImportFromPem(text);
                }
                finally
                {
                    Array.Clear(text);
                }
            });
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // Without the cause: nobody knows what it quotes.
            throw new MillException(MillError.Configuration, $"The private key of the GitHub App {appId} is none.") { Hint = "Give it the whole file that GitHub made, beginning with -----BEGIN RSA PRIVATE KEY-----." };
        }
        var now = options.Time.GetUtcNow();
        var claims = string.Create(CultureInfo.InvariantCulture, $$"""{"iat":{{(now - Backdating).ToUnixTimeSeconds()}},"exp":{{(now + SignatureLife).ToUnixTimeSeconds()}},"iss":{{JsonSerializer.Serialize(appId, GitHubJson.Default.String)}}}""");
        var text = $"{Base64("""{"alg":"RS256","typ":"JWT"}"""u8)}.{Base64(Encoding.UTF8.GetBytes(claims))}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return SecretValue.FromText($"{text}.{Base64(signature)}");
    }

    private static string Base64(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
