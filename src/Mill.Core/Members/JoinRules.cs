using System.Security.Cryptography;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Core.Members;

/// <summary>Whether a node is let in.</summary>
public static class JoinRules
{
    /// <summary>What a refusal points at where the node has another master key.</summary>
    public const string KeyPointer = "/key_id";

    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    /// <summary>
    /// The token that lets a node in, and, where it is asking once more, the node it is. Throws with the first thing that speaks against it; only who has the
    /// whole token is told more than that it is not good.
    /// </summary>
    /// <param name="place">Where the node will be: <see cref="NodeRules.Normal"/> of what it asked for.</param>
    /// <param name="keyHash">SHA-256 of the node's public key.</param>
    public static JoinVerdict Judge(ClusterState state, JoinRequest request, NodePlace place, ReadOnlySpan<byte> keyHash, Timestamp now)
    {
        var token = Find(state, request.Token);
        if (token.ExpiresAt <= now) throw NoEntry($"The join token {token.Id} expired at {token.ExpiresAt}.");
        DemandSameCluster(state, request);
        var node = FindUser(state, token, keyHash);
        if (!token.Role.Includes(place.Role))
        {
            throw new MillException(MillError.Forbidden, $"The join token {token.Id} is for the role {token.Role.Text()}, not for {place.Role.Text()}.")
            {
                Hint = "Join with that role, or ask an operator for another token.",
            };
        }
        NodeRules.DemandFree(state, place, node?.Id);
        return new(token, node);
    }

    private static JoinTokenRecord Find(ClusterState state, string text)
    {
        if (!JoinToken.TryParse(text, out var token)) throw NoEntry("This is not a join token.");
        var record = state.JoinTokens.GetValueOrDefault(token.Id);
        // An unknown id costs the same work as a known one with the wrong secret.
        var matches = CryptographicOperations.FixedTimeEquals(token.HashSecret(), record?.SecretHash ?? NoHash);
        if (record is null) throw NoEntry($"The join token {token.Id} is not known here.");
        return matches ? record : throw NoEntry($"The secret part of the join token {token.Id} is not the right one.");
    }

    private static void DemandSameCluster(ClusterState state, JoinRequest request)
    {
        if (state.Authority is null || state.Cluster is not { } cluster) throw Differs("This cluster was not founded: it takes no nodes.", "Found one with: mill init");
        if (request.ClusterId is { } id && id != cluster.Id)
        {
            throw Differs(
                $"This is cluster {cluster.Id}; the node belongs to {(NodeIdentity.IsCluster(id) ? $"cluster {id}" : "another")}.",
                "Join with an empty data directory, or with a token of the node's own cluster.");
        }
        if (request.KeyId is { } keyId && keyId != cluster.KeyId)
        {
            var message = $"The records are sealed with master key {cluster.KeyId}; the node has {(NodeIdentity.IsCluster(keyId) ? keyId : "another")}.";
            throw new MillException(MillError.PreconditionFailed, message)
            {
                Hint = "Put the right key on the node, or none, to be given it.",
                Problems = [new(MillError.PreconditionFailed.ToCode(), message, KeyPointer)],
            };
        }
    }

    /// <summary>The node that used the token, if this is that node; null if nobody did.</summary>
    private static NodeRecord? FindUser(ClusterState state, JoinTokenRecord token, ReadOnlySpan<byte> keyHash)
    {
        if (token.UsedBy is not { } id) return null;
        if (!CryptographicOperations.FixedTimeEquals(keyHash, token.UsedKeyHash)) throw NoEntry($"The join token {token.Id} was used already, by node {id}.");
        return state.Nodes.GetValueOrDefault(id) ?? throw NoEntry($"The join token {token.Id} was used by node {id}, which has been removed since.");
    }

    private static MillException Differs(string message, string hint) => new(MillError.PreconditionFailed, message) { Hint = hint };

    private static MillException NoEntry(string message) => new(MillError.Unauthenticated, message) { Hint = "Ask an operator for a new join token." };
}

/// <param name="Node">The node that asks once more; null for one that comes for the first time.</param>
public sealed record JoinVerdict(JoinTokenRecord Token, NodeRecord? Node);
