using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Restores;

/// <summary>
/// A shared store whose revisions are shown higher than they are. An engine that counts by itself begins low again when a backup is restored into it; but what somebody
/// heard of a revision before must never be taken for what happens at the same number later. By how much is written once, in the store itself, before all else.
/// </summary>
public sealed class ShiftedStore(IStateStore store, ILeases leases) : IStateStore, ILeases
{
    /// <summary>Outside of the state: it is about the store, and is no part of a backup.</summary>
    private const string Key = "/mill/shift";

    private static readonly string Head = new HeadKey().ToString();
    private static readonly string Cluster = new ClusterKey().ToString();

    private long _shift = -1;

    public string Engine => store.Engine;

    public StoreLimits Limits => store.Limits;

    /// <summary>
    /// Begins an empty store beyond a revision; one that a cluster uses keeps its beginning. Throws <see cref="MillError.PreconditionFailed"/> where it begins elsewhere already, and lower.
    /// </summary>
    public async Task BeginAfterAsync(long revision, CancellationToken cancellationToken)
    {
        var wanted = revision + RestoreDirectory.RevisionGap;
        // Head and cluster are what a server writes first: the revisions of a store in use must never move.
        await store.CommitAsync(new([new(Key, 0), new(Head, 0), new(Cluster, 0)], [new(Key, Encoding.ASCII.GetBytes(wanted.ToString(CultureInfo.InvariantCulture)))]), cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _shift, -1); // what was read of it while it was empty is the past
        if (await ShiftAsync(cancellationToken).ConfigureAwait(false) < wanted)
            throw new MillException(MillError.PreconditionFailed, "The store is in use, or was begun for an older backup: its revisions are too low for this one.") { Hint = "Use an empty store." };
    }

    public async ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) =>
        await store.GetRevisionAsync(cancellationToken).ConfigureAwait(false) + await ShiftAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        var shift = await ShiftAsync(cancellationToken).ConfigureAwait(false);
        return shift + await store.VisitAsync(prefix, shift == 0 ? visit : (key, value, revision) => visit(key, value, revision + shift), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var shift = await ShiftAsync(cancellationToken).ConfigureAwait(false);
        return await store.FindAsync(key, cancellationToken).ConfigureAwait(false) is { } found ? found with { Revision = found.Revision + shift } : null;
    }

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var shift = await ShiftAsync(cancellationToken).ConfigureAwait(false);
        // Zero is no revision: it says that there is nothing.
        var there = shift == 0 ? transaction : transaction with
        {
            Preconditions = [.. transaction.Preconditions.Select(condition => condition.Revision == 0 ? condition : condition with { Revision = condition.Revision - shift })],
        };
        var commit = await store.CommitAsync(there, cancellationToken).ConfigureAwait(false);
        return commit with { Revision = commit.Revision + shift };
    }

    public async IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var shift = await ShiftAsync(cancellationToken).ConfigureAwait(false);
        if (afterRevision < shift) throw new WatchCompactedException(shift);
        await foreach (var step in store.WatchAsync(prefix, afterRevision - shift, cancellationToken).ConfigureAwait(false))
            yield return step with { Revision = step.Revision + shift };
    }

    public ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken) => leases.GrantAsync(timeToLive, cancellationToken);

    public ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken) => leases.KeepAliveAsync(lease, cancellationToken);

    public ValueTask RevokeAsync(long lease, CancellationToken cancellationToken) => leases.RevokeAsync(lease, cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    /// <summary>Read once: it never changes in a store that is in use.</summary>
    private async ValueTask<long> ShiftAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _shift) is >= 0 and var known) return known;
        var found = await store.FindAsync(Key, cancellationToken).ConfigureAwait(false);
        var shift = found is { } entry ? long.Parse(Encoding.ASCII.GetString(entry.Value.Span), CultureInfo.InvariantCulture) : 0;
        Volatile.Write(ref _shift, shift);
        return shift;
    }
}
