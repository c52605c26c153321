using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Node.Agent;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>The three ways to start a node: found a cluster with it, let it join one, or start it again.</summary>
internal static class ClusterServer
{
    /// <summary>Founds a cluster and serves until cancelled. Throws <see cref="MillException"/> with what stands in the way.</summary>
    /// <param name="ready">Called once, when requests are answered.</param>
    public static async Task InitAsync(NewNodeOptions options, Func<ClusterReady, CancellationToken, Task> ready, CancellationToken cancellationToken)
    {
        SystemLibraries.Demand();
        var vault = NodeMasterKey.PlaceFor(options);
        var directory = new NodeDirectory(options.DataDirectory);
        directory.Create();
        using var ours = directory.Take();
        var file = NodeFile.Read(directory.Path);
        if (file?.NodeId is not null) throw Taken(directory);
        using var loggers = LoggerFactory.Create(logging => Logs.Configure(logging, options.LogLevel));
        if (options.Restore is { } restore) await ClusterRestore.RequireAsync(restore, vault, cancellationToken).ConfigureAwait(false);
        var node = StorageQuota.Take(directory, Describe(options, vault) with { StorageQuota = file?.StorageQuota }, options.StorageQuota);
        options.Progress("Founding the cluster.");
        var founded = await new Founding(directory, vault, resumes: file is not null, options.Restore, TimeProvider.System, loggers).RunAsync(node, cancellationToken).ConfigureAwait(false);
        await ServeAsync(directory, founded.File, vault, options, start => new(founded.Token, founded.JoinToken, start! with { MadeKeyFile = founded.Vault.MadeKeyFile }), ready, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets this machine into a cluster and serves until cancelled; else as <see cref="InitAsync"/>.</summary>
    /// <param name="address">A node of the cluster.</param>
    /// <param name="token">The text of a join token.</param>
    /// <param name="ready">Called once, when requests are answered.</param>
    public static async Task JoinAsync(NewNodeOptions options, Uri address, string token, Func<ClusterReady, CancellationToken, Task> ready, CancellationToken cancellationToken)
    {
        SystemLibraries.Demand();
        var vault = NodeMasterKey.PlaceFor(options);
        var directory = new NodeDirectory(options.DataDirectory);
        directory.Create();
        using var ours = directory.Take();
        var file = NodeFile.Read(directory.Path);
        if (file?.NodeId is not null) throw Taken(directory);
        var joined = await new Joining(directory, vault, TimeProvider.System).RunAsync(address, token, Describe(options, vault), cancellationToken).ConfigureAwait(false);
        await ServeAsync(directory, joined, vault, options, static start => new(null, null, start), ready, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a node that was founded or joined; else as <see cref="InitAsync"/>.</summary>
    public static async Task StartAsync(ServerOptions options, Func<ClusterReady, CancellationToken, Task> ready, CancellationToken cancellationToken)
    {
        SystemLibraries.Demand();
        var directory = new NodeDirectory(options.DataDirectory);
        var file = NodeFile.Read(directory.Path) ?? throw new MillException(MillError.NotFound, $"There is no node in {directory.Path}: it has no {NodeFile.Name}.")
        {
            Hint = "Found a cluster with mill init, or join one with mill join. Another place: --data-dir DIR",
        };
        using var ours = directory.Take();
        if (file.Removed)
        {
            await EndRemainsAsync(directory, options, cancellationToken).ConfigureAwait(false);
            throw Removed(directory);
        }
        if (file.NodeId is null) throw new MillException(MillError.PreconditionFailed, $"The founding of the cluster in {directory.Path} was interrupted.") { Hint = "Say the same mill init again." };
        if (options.Role is { } role && role.Text() != file.Role)
            throw new MillException(MillError.PreconditionFailed, $"This node has the role {file.Role}, not {role.Text()}.") { Hint = "A node keeps its role. For another one, remove it and let it join again." };
        using var loggers = LoggerFactory.Create(logging => Logs.Configure(logging, options.LogLevel));
        var vault = NodeMasterKey.PlaceOf(directory, file, options, loggers.CreateLogger(typeof(NodeMasterKey)));
        await ServeAsync(directory, StorageQuota.Take(directory, file, options.StorageQuota) with { Etcd = options.Etcd ?? file.Etcd, MasterKeyFile = NodeMasterKey.ToRemember(directory, vault) }, vault, options, static start => new(null, null, start), ready, cancellationToken).ConfigureAwait(false);
    }

    public static MillException Removed(NodeDirectory directory) => new(MillError.PreconditionFailed, $"The node in {directory.Path} was taken out of its cluster.")
    {
        Hint = "Join again with an empty data directory.",
    };

    /// <summary>Makes the cluster one of this node alone. Throws <see cref="MillException"/> with what stands in the way.</summary>
    public static async Task RecoverAsync(ServerOptions options, CancellationToken cancellationToken)
    {
        SystemLibraries.Demand();
        var directory = new NodeDirectory(options.DataDirectory);
        var file = NodeFile.Read(directory.Path);
        if (file?.NodeId is null || file.Role is "api") throw new MillException(MillError.NotFound, $"There is no node in {directory.Path} that holds the state.") { Hint = "Name the data directory of one: --data-dir DIR" };
        using var ours = directory.Take();
        using var loggers = LoggerFactory.Create(logging => Logs.Configure(logging, options.LogLevel));
        await Recovery.RunAsync(directory, StorageQuota.Take(directory, file, options.StorageQuota), NodeMasterKey.PlaceOf(directory, file, options, loggers.CreateLogger(typeof(NodeMasterKey))), TimeProvider.System, loggers, cancellationToken).ConfigureAwait(false);
    }

    private static async Task ServeAsync(
        NodeDirectory directory, NodeFile file, VaultOptions vaultOptions, NodeOptions options, Func<VaultStart?, Started> started, Func<ClusterReady, CancellationToken, Task> ready, CancellationToken cancellationToken)
    {
        file.Write(directory.Path);
        if (options.Backups is { } backups) Backups.BackupDirectory.Create(backups.Directory);
        try
        {
            await ServeAsync(await OpenAsync(directory, file, vaultOptions, options, cancellationToken).ConfigureAwait(false), directory, file, vaultOptions, options, started, ready, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (NodeFile.Read(directory.Path) is { Removed: true }) await EndRemainsAsync(directory, options, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ServeAsync(
        INode node, NodeDirectory directory, NodeFile file, VaultOptions vaultOptions, NodeOptions options, Func<VaultStart?, Started> started, Func<ClusterReady, CancellationToken, Task> ready, CancellationToken cancellationToken)
    {
        await using (node.ConfigureAwait(false))
        {
            var (token, joinToken, vault) = started(await node.StartAsync(cancellationToken).ConfigureAwait(false));
            await ready(new(node.Address, token, joinToken, vault, file.NodeName, directory.Path, directory.Files.Authority, vaultOptions.MasterKey is null ? vaultOptions.MasterKeyFile : null), cancellationToken).ConfigureAwait(false);
            if (await node.WaitAsync(cancellationToken).ConfigureAwait(false)) options.Progress("This node was taken out of its cluster. Its data directory may be deleted.");
        }
    }

    /// <summary>A node that was taken out of its cluster runs nothing any more: what ran there may run elsewhere by now.</summary>
    private static async Task EndRemainsAsync(NodeDirectory directory, NodeOptions options, CancellationToken cancellationToken)
    {
        if (NodeRemains.Find(directory.Path, TimeProvider.System) is not { } remains) return;
        try
        {
            await remains.EndAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MillException or IOException or UnauthorizedAccessException)
        {
            options.Progress($"What ran on this node could not be ended: {e.Message} To see it: docker ps --filter {remains.Filter}");
        }
    }

    private static async Task<INode> OpenAsync(NodeDirectory directory, NodeFile file, VaultOptions vault, NodeOptions options, CancellationToken cancellationToken) => file.Role is "api"
        ? await ApiNode.OpenAsync(directory, file, options, TimeProvider.System, cancellationToken).ConfigureAwait(false)
        : await ClusterNode.OpenAsync(directory, file, vault, options, TimeProvider.System, cancellationToken).ConfigureAwait(false);

    private static NodeFile Describe(NewNodeOptions options, VaultOptions vault) => new()
    {
        NodeName = options.Name,
        Address = options.Advertise,
        ApiPort = options.ApiPort,
        PeerPort = options.PeerPort,
        Role = options.Role.Text(),
        MasterKeyFile = vault.MasterKeyFile,
        Etcd = options.Etcd,
        StorageQuota = options.StorageQuota,
        ForeignEtcd = options.ForeignEtcd,
    };

    private static MillException Taken(NodeDirectory directory) => new(MillError.AlreadyExists, $"There is a node in {directory.Path} already.")
    {
        Hint = $"Start it with: mill server --data-dir {directory.Path}",
    };

    private sealed record Started(string? Token, string? JoinToken, VaultStart? Vault);
}
