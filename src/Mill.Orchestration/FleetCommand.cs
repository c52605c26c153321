using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Orchestration;

/// <summary>A change of the fleet, decided when its turn comes.</summary>
/// <param name="portion">About how much of it may be.</param>
internal sealed class FleetCommand<T>(Func<FleetDraft, ClusterState, T> decide, StoreLimits portion) : StateCommand<T>
{
    public FleetCommand(Func<FleetDraft, ClusterState, T> decide)
        : this(decide, StoreLimits.None)
    {
    }

    public override Decision<T> Decide(ClusterState state, Timestamp now)
    {
        var draft = new FleetDraft(state.Fleet, now, portion);
        var answer = decide(draft, state);
        return new(answer, draft.Changes);
    }
}
