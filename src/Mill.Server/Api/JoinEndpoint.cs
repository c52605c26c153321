using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Api;

/// <summary>How a node gets in, and how it knows whom it asks. Both without a bearer token: the join token is in the body.</summary>
internal sealed class JoinEndpoint(ClusterParts? cluster)
{
    /// <summary>Anybody may send one.</summary>
    private const int MaxBody = 16 * 1024;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/nodes/join", JoinAsync).WithMetadata(Anonymous.Instance, new BodyLimit(MaxBody));
        routes.MapGet("/ca.crt", AuthorityAsync);
    }

    private async Task JoinAsync(HttpContext http)
    {
        QueryArguments.Of(http);
        var parts = cluster.Demand();
        var body = await RequestBody.ReadAsync<JoinNodeRequest>(http).ConfigureAwait(false);
        if (!JoinToken.TryParse(body.Token, out _)) throw new MillException(MillError.Unauthenticated, "This is not a join token.") { Hint = "Ask an operator for one: mill join-token" };
        if (!NodeRoles.TryParse(body.Role, out var role)) throw NodeTexts.WrongRole();
        var place = new NodePlace(body.Name, body.Address, body.ApiPort, body.PeerPort, role, body.Version);
        var request = new JoinRequest(body.Token, place, body.CertificateRequest, body.ClusterId, body.KeyId);
        var (membership, revision, _) = await parts.Members.JoinAsync(request, http.RequestAborted).ConfigureAwait(false);
        using (membership)
        {
            http.SetRevision(revision);
            await Reply.JsonAsync(http, StatusCodes.Status200OK, membership.ToResponse()).ConfigureAwait(false);
        }
    }

    private async Task AuthorityAsync(HttpContext http)
    {
        var authority = cluster is null ? null : (await cluster.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false)).Authority;
        if (authority is null) throw new MillException(MillError.NotFound, "This server has no authority of its own over certificates.");
        await AuthorityReply.WriteAsync(http, System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", authority.Certificate)).ConfigureAwait(false);
    }
}
