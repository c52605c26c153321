using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.State.Leadership;
using Mill.State.Replica;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>A node that leads alone for as long as one piece of work takes, and serves nobody: how a cluster is founded, and recovered.</summary>
internal sealed class LoneNode(NodeEngine engine, NodeId id, string name, VaultOptions vaultOptions, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Takes office, and does the work: again, where the office was lost before anything of it was written. Throws <see cref="MillError.VaultSealed"/> without the right master key, <see cref="MillError.StorageDamaged"/> for a store that cannot be read, and what the work throws.
    /// </summary>
    /// <param name="makeKeyFile">See <see cref="VaultHost.StartAsync"/>.</param>
    public async Task<T> RunAsync<T>(bool makeKeyFile, Func<SharedState, VaultHost, VaultStart, Task<T>> work, CancellationToken cancellationToken)
    {
        var state = new SharedState(engine.Store, engine.Store, NoLink.Instance, new(id, name), new(time, BootClock.Instance), loggers);
        var vault = new VaultHost(vaultOptions, state, engine.Store, state, time, loggers);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A full store takes no leader: whoever is alone with it makes room himself.
        var (following, leading, tending) = (state.FollowStoreAsync(stop.Token), state.LeadAsync(stop.Token), engine.TendAsync(stop.Token));
        try
        {
            await (await Task.WhenAny(state.LoadedAsync(cancellationToken), following).ConfigureAwait(false)).ConfigureAwait(false);
            VaultStart? start = null;
            while (true)
            {
                // Somebody of a life before may be on record for as long as that lease goes on.
                while (!state.IsLeader) await state.WaitForLeaderAsync(state.Leader, cancellationToken).ConfigureAwait(false);
                try
                {
                    start ??= await vault.StartAsync(makeKeyFile, cancellationToken).ConfigureAwait(false);
                    return start.Seal.IsSealed
                        ? throw new MillException(MillError.VaultSealed, $"This cannot be done without the master key: {start.Seal.Reason}.") { Hint = "Put the key in its place, and say it again." }
                        : await work(state, vault, start).ConfigureAwait(false);
                }
                catch (MillException e) when (e.Error is MillError.NoLeader)
                {
                    // A machine that stalled has lost the office; nothing was written, and nobody else can take it.
                    await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(following, leading, tending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
