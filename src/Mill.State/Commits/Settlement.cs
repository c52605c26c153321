using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Commits;

/// <summary>
/// Lets no later commit have a time at or before a moment, so that what was true then can be told for ever. Where no commit came after that moment, an empty
/// one is made: the promise must outlive this leader, whose successor may have a slower clock.
/// </summary>
internal sealed class Settlement(Timestamp moment) : StateCommand<Done>
{
    public override Decision<Done> Decide(ClusterState state, Timestamp now)
    {
        if (moment <= state.CommitTime) return new(new(), []);
        if (moment > now)
        {
            throw new MillException(MillError.InvalidRequest, "This moment has not come yet: what was true then cannot be told.") { Hint = $"Now is {now}." };
        }
        return new(new(), [new(new HeadKey(), new HeadRecord { Batch = "", CommitTime = now })]);
    }
}
