using System.Security.Cryptography;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Vault.KeyRing;

/// <summary>Makes a store that holds nothing a cluster of its own, sealed with a master key; leaves any other as it is.</summary>
internal sealed class Initialization(string keyId) : StateCommand<Done>
{
    private readonly string _clusterId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public override Decision<Done> Decide(ClusterState state, Timestamp now) =>
        new(new(), state.Cluster is null ? [new(new ClusterKey(), new ClusterRecord { Id = _clusterId, KeyId = keyId, CreatedAt = now })] : []);
}
