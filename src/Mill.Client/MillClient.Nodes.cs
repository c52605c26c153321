using Mill.Client.Contracts;
using Mill.Client.Http;
using Mill.Secrets;

namespace Mill.Client;

/// <content>The nodes of a cluster; for operators.</content>
public sealed partial class MillClient
{
    private const int MaxAuthority = 64 * 1024;

    /// <summary>All nodes, and how they are doing as the one that is asked sees it.</summary>
    /// <param name="local">What the node itself knows, which may be old; also where no majority can be reached.</param>
    public Task<NodeListResponse> ListNodesAsync(bool local = false, CancellationToken cancellationToken = default) =>
        GetAsync<NodeListResponse>(Targets.With(Targets.Nodes, Targets.Local(local)), cancellationToken);

    /// <summary>Takes a node out, for good. Throws <see cref="MillError.PreconditionFailed"/> where the rest could not go on without it.</summary>
    /// <param name="node">Its id or name.</param>
    public async Task RemoveNodeAsync(string node, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Delete, Targets.Node(node)) { IdempotencyKey = Call.NewKey() };
        await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Has everything on a node move elsewhere, and gives it nothing more. The answer's <see cref="ContainersItem.Allocs"/> says how much is still there; <see cref="ListNodesAsync"/> says it later.</summary>
    /// <param name="node">Its id or name.</param>
    public Task<NodeItem> DrainNodeAsync(string node, CancellationToken cancellationToken = default) => PostAsync<NodeItem>(Targets.Node(node) + "/drain", cancellationToken);

    /// <summary>Lets a node have containers again.</summary>
    /// <param name="node">Its id or name.</param>
    public Task<NodeItem> UndrainNodeAsync(string node, CancellationToken cancellationToken = default) => PostAsync<NodeItem>(Targets.Node(node) + "/undrain", cancellationToken);

    /// <summary>Makes the right to join once; the answer is the only place where its text is ever shown.</summary>
    public async Task<JoinTokenResponse> CreateJoinTokenAsync(CreateJoinTokenRequest request, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.JoinTokens) { Body = Body.Write(request), IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<JoinTokenResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    public Task<JoinTokenListResponse> ListJoinTokensAsync(CancellationToken cancellationToken = default) => GetAsync<JoinTokenListResponse>(Targets.JoinTokens, cancellationToken);

    public async Task RevokeJoinTokenAsync(string id, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Delete, Targets.JoinToken(id)) { IdempotencyKey = Call.NewKey() };
        await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets another node lead, and returns which one does then.</summary>
    /// <param name="node">Its id or name; null for any.</param>
    public async Task<LeaderResponse> TransferLeaderAsync(string? node, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.LeaderTransfer) { Body = Body.Write(new TransferLeaderRequest { Node = node }) };
        return await _transport.SendAsync<LeaderResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks to be let in as a node. May be asked again with the same key and token: the node is then the same.</summary>
    public async Task<MembershipResponse> JoinAsync(JoinNodeRequest request, CancellationToken cancellationToken = default)
    {
        // Repeatable without a key for that: the server knows the node by its own.
        using var call = new Call(HttpMethod.Post, Targets.Join) { Body = Body.Write(request), IsReadOnly = true, IsAnonymous = true };
        return await _transport.SendAsync<MembershipResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The certificate of the authority behind an address, in PEM. It is asked for without knowing who answers, so nothing is told, and what comes back is worth
    /// nothing until it was compared with what is known of it. Throws <see cref="MillError.Unreachable"/>.
    /// </summary>
    public static async Task<string> FetchAuthorityAsync(Uri address, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !address.IsLoopback, SslOptions = ServerTrust.Nobody() };
        using var http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = MaxAuthority };
        try
        {
            using var response = await http.GetAsync(new Uri(address, Targets.Authority), cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)
                : throw await Problems.ReadAsync(response, address, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw Problems.Unreachable(address, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Problems.TimedOut(address, timeout);
        }
    }
}
