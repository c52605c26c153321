using Mill.Core.Ports;

namespace Mill.State.Etcd;

/// <summary>How much room the database of one member has, by the word of the node that runs it.</summary>
/// <param name="Member">What etcd calls the member.</param>
/// <param name="Bytes">Size of the file: it is this that etcd holds against the quota, not what is in use of it.</param>
/// <param name="Leads">It would be missed most: it leads the members, or its node leads the nodes.</param>
public sealed record MemberSpace(ulong Member, long Bytes, long QuotaBytes, bool Leads, Defragmentation Defragmentation)
{
    /// <summary>Two commits of the largest kind: one that does not fit raises the alarm, although smaller ones would do.</summary>
    private const long LeastRoom = 16 * MiB;

    private const long MiB = 1 << 20;

    /// <summary>It does not answer here: another member, which it does answer, passed on what it says.</summary>
    public bool IsHearsay { get; init; }

    /// <summary>The least that lets a database of this size take writes for a while, in bytes, and a whole number of MiB.</summary>
    public static long LeastQuota(long bytes)
    {
        var needed = Math.Max(bytes + LeastRoom, (bytes * 10 / 9) + 1);
        return (needed + MiB - 1) / MiB * MiB;
    }

    /// <summary>False where an alarm that is taken back could stand again after the next few commits.</summary>
    public bool HasRoom => Bytes <= QuotaBytes - Math.Max(QuotaBytes / 10, LeastRoom);
}
