using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>A node as whoever starts it sees it, whatever its role.</summary>
internal interface INode : IAsyncDisposable
{
    /// <summary>Where it answers, as a URL.</summary>
    string Address { get; }

    /// <summary>Returns once it serves; null where it has no vault.</summary>
    Task<VaultStart?> StartAsync(CancellationToken cancellationToken);

    /// <summary>Serves until cancelled, or told to stop by a signal. True where the node was taken out of its cluster.</summary>
    Task<bool> WaitAsync(CancellationToken cancellationToken);
}
