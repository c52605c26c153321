using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Vault.Members;

/// <summary>Looks after the cluster's authority, on the node that leads. The others learn of it by the state.</summary>
/// <param name="leadership">Null where there is no cluster.</param>
internal sealed partial class AuthorityRenewal(IReplicatedState state, ILeadership? leadership, KeyRing.KeyRing ring, TimeProvider time, ILogger<AuthorityRenewal> logger)
{
    /// <summary>A look costs nothing: it is into the state that this node has in memory.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private string? _reason;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (leadership is { IsLeader: false }) continue;
            try
            {
                await LookAsync(cancellationToken).ConfigureAwait(false);
                _reason = null;
            }
            catch (MillException e)
            {
                // Said once for each reason, not with every look.
                if (e.Message != _reason) LogPutOff(_reason = e.Message);
            }
        }
    }

    /// <summary>Gives it more time, if that is due.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
        if (seen.Authority is not { } authority || ring.Status(seen).IsSealed || !AuthorityRules.IsDue(ClusterAuthority.EndOf(authority), Timestamp.From(time.GetUtcNow()))) return;
        if ((await state.CommitAsync(new RenewAuthorityCommand(ring), cancellationToken).ConfigureAwait(false)).Answer is { } end) LogRenewed(end);
    }

    [LoggerMessage(2025, LogLevel.Information, "The cluster's authority was renewed, with the key it had; it is good until {End}")]
    private partial void LogRenewed(Timestamp end);

    [LoggerMessage(2026, LogLevel.Warning, "The cluster's authority was not renewed, trying again in ten seconds: {Reason}")]
    private partial void LogPutOff(string reason);
}
