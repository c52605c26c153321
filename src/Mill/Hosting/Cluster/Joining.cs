using Mill.Client;
using Mill.Client.Contracts;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.Vault;
using Mill.Vault.Members;

namespace Mill.Hosting.Cluster;

/// <summary>
/// Lets this machine into a cluster: nothing is said before the other end has shown that it is the cluster the token is for. Interrupted anywhere, it can be said
/// again: the same key with the same token is the same node.
/// </summary>
internal sealed class Joining(NodeDirectory directory, VaultOptions vault, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="file">What is known of the node already.</param>
    /// <param name="token">The text of a join token.</param>
    public async Task<NodeFile> RunAsync(Uri address, string token, NodeFile file, CancellationToken cancellationToken)
    {
        if (!JoinToken.TryParse(token, out var parsed))
            throw new MillException(MillError.Usage, "This is not a join token: one begins with mill_join_.") { Hint = "Ask an operator for one: mill join-token" };
        var pem = await MillClient.FetchAuthorityAsync(address, Patience, cancellationToken).ConfigureAwait(false);
        if (!ClusterTrust.TryParse(pem, parsed.Pin, out var trust))
            throw new MillException(MillError.Forbidden, $"What answers at {address.GetLeftPart(UriPartial.Authority)} is not the cluster that the token is for. Nothing was told to it.")
            {
                Hint = "Check the address, and whether the token is of this cluster.",
            };
        using var key = directory.Files.LoadOrCreateKey();
        using var client = new MillClient(new() { Address = address, Authority = trust.Authority, Timeout = Patience, Time = time });
        using var joined = await AskAsync(client, Request(token, file, key), cancellationToken).ConfigureAwait(false);
        if (joined.MasterKey is { } handed) HandedKey.Save(vault.MasterKeyFile!, handed, joined.NeededKeyId);
        directory.Files.Save(joined.Authority, joined.Certificate);
        var member = file with { NodeId = joined.NodeId, ClusterId = joined.ClusterId, KeyId = joined.NeededKeyId, Members = joined.Members };
        member.Write(directory.Path);
        return member;
    }

    private async Task<MembershipResponse> AskAsync(MillClient client, JoinNodeRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.JoinAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (request.KeyId is not null && e.Problems.Any(problem => problem.Pointer is JoinRules.KeyPointer))
        {
            throw new MillException(e.Error, $"The master key {(vault.MasterKey is null ? $"at {vault.MasterKeyFile}" : "in MILL_MASTER_KEY")} is not that of the cluster. {e.Message}", e)
            {
                Hint = "It was left as it is: mill dev or another cluster may need it. To be given the right one, name another place for it: --master-key-file FILE",
            };
        }
    }

    private JoinNodeRequest Request(string token, NodeFile file, NodeKeyPair key) => new()
    {
        Token = token,
        Name = file.NodeName,
        Address = file.Address,
        ApiPort = file.ApiPort,
        PeerPort = file.PeerPort,
        Role = file.Role,
        Version = MillVersion.Text,
        CertificateRequest = key.Request(),
        // A node that never was in a cluster has nothing to compare.
        ClusterId = file.ClusterId,
        KeyId = file.Role is "api" ? null : HandedKey.FindId(vault),
    };
}
