using System.Diagnostics.CodeAnalysis;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Envelopes;

namespace Mill.Vault.KeyRing;

/// <summary>The master key at hand, and whether it is the one that the records need.</summary>
internal sealed class KeyRing(MasterKeySource source)
{
    private volatile MasterKey? _key;

    public MasterKeySource Source => source;

    /// <summary>Keys of versions that were opened or sealed a moment ago.</summary>
    public OpenedKeys Opened { get; } = new();

    /// <summary>Reads the key anew; the one at hand stays where there is none. Throws as <see cref="MasterKeySource.Read"/>.</summary>
    public void Load()
    {
        var key = source.Read();
        // The old key is not cleared: a request may still be using it. A key that goes out of use was never right for these records.
        if (key is not null && key.Id != _key?.Id) _key = key;
    }

    public bool TryGet([NotNullWhen(true)] out MasterKey? key) => (key = _key) is not null;

    /// <summary>
    /// The bytes of the key in use, which the ring itself does not keep: they are read where it came from. Throws <see cref="MillError.VaultSealed"/> where it
    /// is not there any more.
    /// </summary>
    public SecretValue Reveal(Unsealed unsealed)
    {
        var bytes = source.Reveal();
        using var key = bytes?.Reveal(MasterKey.From);
        if (bytes is not null && key?.Id == unsealed.Key.Id) return bytes;
        bytes?.Dispose();
        throw new MillException(MillError.VaultSealed, $"The master key cannot be handed over: the one in use, {unsealed.Key.Id}, is not at {source} any more.")
        {
            Hint = "Put it back, or put the key on the other machine yourself.",
        };
    }

    public SealStatus Status(ClusterState state) => (_key, state.Cluster) switch
    {
        (null, var cluster) => new(true, cluster?.KeyId, null, $"there is no master key at {source}"),
        ({ } key, { } cluster) when key.Id != cluster.KeyId => new(true, cluster.KeyId, key.Id, $"the master key at {source} is not the one the records were sealed with"),
        ({ } key, null) => new(true, null, key.Id, "the store is not initialized"),
        ({ } key, _) => new(false, key.Id, key.Id, null),
    };

    /// <summary>The key and the cluster it is for. Throws <see cref="MillError.VaultSealed"/> with the id of the key that is needed and of the one there is.</summary>
    public Unsealed Demand(ClusterState state)
    {
        var status = Status(state);
        if (!status.IsSealed) return new(_key!, state.Cluster!.Id) { Opened = Opened };
        throw new MillException(MillError.VaultSealed, $"The vault is sealed: {status.Reason}. Needed is key {status.NeededKeyId ?? "(any)"}, present is {status.PresentKeyId ?? "none"}.")
        {
            Hint = source.Text is not null ? "Start the server with the right MILL_MASTER_KEY." : $"Put the right key at {source}: the vault opens by itself.",
        };
    }
}

/// <summary>The right to seal and to open: the master key, and the cluster that everything is bound to.</summary>
internal readonly record struct Unsealed(MasterKey Key, string ClusterId)
{
    /// <summary>Null: everything is opened from the master key on.</summary>
    public OpenedKeys? Opened { get; init; }
}
