using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.State.Commits;

/// <summary>
/// A batch between the moment it is sent to the store and the moment its outcome is known here. Others may see it before we do, so a read of what it
/// changes must wait for it: or else two readers, one after the other, could see it and then not see it.
/// </summary>
internal sealed class Flight(IEnumerable<RecordKey> keys)
{
    private readonly HashSet<StateSubject> _subjects = [.. keys.Select(StateSubject.Of).OfType<StateSubject>()];
    private readonly TaskCompletionSource _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done once the state holds the batch, or it is known not to have happened, or nobody here will ever know.</summary>
    public Task Landed => _landed.Task;

    /// <param name="subject">What somebody wants to read; null for everything.</param>
    public bool Touches(StateSubject? subject) => subject is null || _subjects.Contains(subject.Value);

    public void Land() => _landed.TrySetResult();
}
