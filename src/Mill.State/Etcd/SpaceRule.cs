using Mill.Core.Ports;

namespace Mill.State.Etcd;

/// <summary>Whose turn it is to defragment, and when an alarm may be taken back. Pure.</summary>
internal static class SpaceRule
{
    /// <summary>
    /// Whether this member may be defragmented now: no other one is, and none comes before it. Those that lead come last. Whoever does not say how it is keeps
    /// all others from it; but not while the alarm stands: nothing can be written then, not even that such a node is removed, so a majority that answers is enough. Of two that cannot reach each
    /// other, each has heard a majority then, so both have heard some third member, and by the word of that each knows of the other.
    /// </summary>
    /// <param name="others">Null for each of which nobody that answers can say how it is.</param>
    public static bool IsTurn(MemberSpace own, IReadOnlyList<MemberSpace?> others, bool isFull)
    {
        if (others.Any(other => other is { Defragmentation: Defragmentation.Running })) return false;
        if (isFull ? !IsMajority(others) : others.Any(other => !Answers(other))) return false;
        return !others.Any(other => other is { Defragmentation: Defragmentation.Due } && (other.Leads, other.Member).CompareTo((own.Leads, own.Member)) < 0);
    }

    /// <summary>Whether everybody of whom is known how it is has room, and a majority answers: the alarm would only come back otherwise.</summary>
    public static bool MayDisarm(MemberSpace own, IReadOnlyList<MemberSpace?> others) =>
        IsMajority(others) && others.Append(own).All(member => member is null or { HasRoom: true, Defragmentation: not Defragmentation.Running });

    /// <summary>It says how it is itself.</summary>
    public static bool Answers(MemberSpace? other) => other is { IsHearsay: false };

    /// <summary>Of those that answer, this one too.</summary>
    private static bool IsMajority(IReadOnlyList<MemberSpace?> others) => (others.Count(Answers) + 1) * 2 > others.Count + 1;
}
