namespace Mill.Core.Ports;

/// <summary>
/// Leases of a store that several nodes share: what is written under one vanishes when nobody keeps it alive any more. Engines for one process have none.
/// </summary>
/// <remarks>
/// Failures are those of <see cref="IStateStore"/>. A commit that writes under a lease that is gone writes nothing, and answers as where a precondition failed.
/// </remarks>
public interface ILeases
{
    /// <summary>
    /// Makes a lease that lives so long, at least, from before this call was answered, and returns its id. Never zero. The store may give more time than
    /// was asked for, never less.
    /// </summary>
    ValueTask<long> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Gives a lease its whole time again, counted from no earlier than the start of the call. False where it is gone.</summary>
    ValueTask<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken);

    /// <summary>Ends a lease, and deletes what was written under it, in one commit. Ending one that is gone is no error.</summary>
    ValueTask RevokeAsync(long lease, CancellationToken cancellationToken);
}
