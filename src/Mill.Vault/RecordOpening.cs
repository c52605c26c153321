using Mill.Core.Model;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault;

/// <summary>Opens versions that are in no store, to see whether they open; nobody gets to see the values.</summary>
public sealed class RecordOpening
{
    private readonly Unsealed _unsealed;

    private RecordOpening(Unsealed unsealed) => _unsealed = unsealed;

    /// <summary>
    /// Reads the master key. Throws <see cref="MillError.InvalidMasterKey"/> where there is none at the place that was named or what is there is none, and <see
    /// cref="MillError.VaultSealed"/> for
    /// another key than the records need.
    /// </summary>
    /// <param name="clusterId">The cluster that the records are of.</param>
    /// <param name="keyId">The key that they are sealed with.</param>
    public static RecordOpening With(VaultOptions options, string clusterId, string keyId)
    {
        var source = new MasterKeySource(options.MasterKey, options.MasterKeyFile);
        var key = source.Read() ?? throw new MillException(MillError.InvalidMasterKey, $"There is no master key at {source}.") { Hint = $"Needed is key {keyId}." };
        if (key.Id != keyId)
        {
            throw new MillException(MillError.VaultSealed, $"The master key at {source} is not the one the records were sealed with. Needed is key {keyId}, present is {key.Id}.")
            {
                Hint = "Name the right key with --master-key-file.",
            };
        }
        return new(new(key, clusterId));
    }

    /// <summary>Throws <see cref="MillError.RecordRejected"/> where a version is not exactly what was sealed at its place.</summary>
    public void Try(SecretVersion version) => EnvelopeSealer.Open(_unsealed, version).Dispose();
}
