using Mill.Client.Contracts;
using Mill.Client.Http;

namespace Mill.Client;

/// <content>Tokens, and the state of the server itself.</content>
public sealed partial class MillClient
{
    /// <summary>Opening every version of a large store takes minutes.</summary>
    private static readonly TimeSpan VerifyLimit = TimeSpan.FromMinutes(30);

    /// <summary>Makes a token; the answer is the only place where it is ever shown.</summary>
    public async Task<TokenResponse> CreateTokenAsync(CreateTokenRequest request, CancellationToken cancellationToken = default)
    {
        // No key, so never sent twice: a recorded answer could not hold the token, which is stored nowhere.
        using var call = new Call(HttpMethod.Post, Targets.Tokens) { Body = Body.Write(request) };
        return await _transport.SendAsync<TokenResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    public Task<TokenListResponse> ListTokensAsync(CancellationToken cancellationToken = default) =>
        GetAsync<TokenListResponse>(Targets.Tokens, cancellationToken);

    public async Task RevokeTokenAsync(string id, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Delete, Targets.Token(id)) { IdempotencyKey = Call.NewKey() };
        await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="local">What the node itself knows, which may be old; also where no majority can be reached.</param>
    public Task<StatusResponse> GetStatusAsync(bool local = false, CancellationToken cancellationToken = default) =>
        GetAsync<StatusResponse>(Targets.With(Targets.Status, Targets.Local(local)), cancellationToken);

    /// <summary>Opens every version there is and checks that history is whole.</summary>
    public async Task<VerifyResponse> VerifyAsync(CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.Verify) { IsReadOnly = true, Limit = VerifyLimit };
        return await _transport.SendAsync<VerifyResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    public Task<RetentionDocument> GetRetentionAsync(CancellationToken cancellationToken = default) =>
        GetAsync<RetentionDocument>(Targets.Retention, cancellationToken);

    /// <summary>Replaces the limits on history as a whole.</summary>
    public Task SetRetentionAsync(RetentionDocument retention, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Put, Targets.Retention, retention, cancellationToken);

    /// <summary>Whether the server is alive. Needs no token.</summary>
    public Task<HealthResponse> GetHealthAsync(CancellationToken cancellationToken = default) =>
        GetAsync<HealthResponse>(Targets.Health, cancellationToken);

    /// <summary>Whether the server can answer reads, unsealed; throws the reason where it cannot. Needs no token.</summary>
    public Task<HealthResponse> GetReadinessAsync(CancellationToken cancellationToken = default) =>
        GetAsync<HealthResponse>(Targets.Readiness, cancellationToken);
}
