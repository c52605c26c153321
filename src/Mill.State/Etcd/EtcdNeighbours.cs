using Mill.Secrets;

namespace Mill.State.Etcd;

/// <summary>The other nodes that run members of the same etcd, as the upkeep of this one needs them. A member can only be reached from its own node.</summary>
/// <param name="AskAsync">How much room each of their members has; by the word of another where it does not answer; null for each of which nobody can say, or that does not count yet.</param>
/// <param name="HoldsOffice">Whether this node leads the nodes.</param>
/// <param name="LeaveOfficeAsync">Lets another node lead that said how it is, if this one does. Throws <see cref="MillException"/> where none can.</param>
public sealed record EtcdNeighbours(
    Func<CancellationToken, Task<IReadOnlyList<MemberSpace?>>> AskAsync, Func<bool> HoldsOffice, Func<CancellationToken, Task> LeaveOfficeAsync)
{
    /// <summary>There are no others.</summary>
    public static EtcdNeighbours None { get; } = new(static _ => Task.FromResult<IReadOnlyList<MemberSpace?>>([]), static () => true, static _ => Task.CompletedTask);
}
