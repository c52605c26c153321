using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Backups;

/// <summary>
/// A backup of one state, ready to be written. It holds nothing up: the state is one cut that stays as it is in memory, however long the reader takes,
/// and no lock, transaction or connection of the store is behind it.
/// </summary>
public sealed class StateBackup
{
    private readonly ClusterState _state;

    private StateBackup(ClusterState state, BackupHeader header) => (_state, Header) = (state, header);

    public BackupHeader Header { get; }

    /// <summary>Throws <see cref="MillError.NotReady"/> for a state that is not a cluster's yet: there is nothing to keep.</summary>
    public static StateBackup Of(ClusterState state, BackupOrigin origin)
    {
        var cluster = state.Cluster ?? throw new MillException(MillError.NotReady, "The store is not initialized: there is nothing to back up yet.")
        {
            Hint = "Give the server its master key first; mill status says what it waits for.",
        };
        return new(state, new()
        {
            MillBackup = BackupHeader.CurrentFormat,
            ClusterId = cluster.Id,
            KeyId = cluster.KeyId,
            Revision = state.Revision,
            CommitTime = state.CommitTime,
            MadeAt = origin.MadeAt,
            MadeBy = origin.MadeBy,
        });
    }

    /// <summary>Writes all of it. Whatever the stream throws comes through, and what was written until then is recognisably incomplete.</summary>
    public async Task WriteAsync(Stream to, CancellationToken cancellationToken)
    {
        using var writer = new BackupWriter(to);
        await writer.BeginAsync(Header, cancellationToken).ConfigureAwait(false);
        foreach (var (key, record) in StateRecords.Of(_state)) await writer.AddAsync(key, record, cancellationToken).ConfigureAwait(false);
        await writer.EndAsync(cancellationToken).ConfigureAwait(false);
    }
}
