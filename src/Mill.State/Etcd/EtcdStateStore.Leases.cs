using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>Leases. The leader of the etcd cluster counts their time; one that takes over counts from the beginning.</summary>
public sealed partial class EtcdStateStore
{
    /// <remarks>
    /// etcd counts in whole seconds, and no fewer than one and a half election timeouts. A grant whose reply is lost leaves a lease that ends by itself.
    /// </remarks>
    public async ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        var seconds = (long)Math.Ceiling(timeToLive.TotalSeconds);
        var reply = await _channel.AskAsync(EtcdCalls.GrantLease, new() { TimeToLive = seconds }, cancellationToken).ConfigureAwait(false);
        return reply.Id;
    }

    public async ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        // A stream by its form: it gives one reply for one request, and ends with it.
        var reply = await _channel.AskAsync(EtcdCalls.KeepLeaseAlive, new() { Id = lease }, cancellationToken).ConfigureAwait(false);
        return reply.TimeToLive > 0;
    }

    public async ValueTask RevokeAsync(long lease, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        try
        {
            await _channel.AskAsync(EtcdCalls.RevokeLease, new LeaseRequest { Id = lease }, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException failure) when (EtcdFailure.IsFault(failure, EtcdFault.LeaseGone))
        {
            // As it should be.
        }
    }
}
