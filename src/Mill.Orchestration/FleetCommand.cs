using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Orchestration;

/// <summary>A change of the fleet, decided when its turn comes.</summary>
internal sealed class FleetCommand<T>(Func<FleetDraft, ClusterState, T> decide) : StateCommand<T>
{
    public override Decision<T> Decide(ClusterState state, Timestamp now)
    {
        var draft = new FleetDraft(state.Fleet, now);
        var answer = decide(draft, state);
        return new(answer, draft.Changes);
    }
}
