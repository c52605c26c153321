using Mill.Core.Ports;

namespace Mill.State.Etcd;

/// <summary>Whether the database of a member is worth being written anew, which takes its while and answers nobody meanwhile. Pure; it remembers what it was told.</summary>
internal sealed class DefragmentationRule(long quotaBytes)
{
    /// <summary>From this size on, a file that is half empty costs more than the disk: backups of the directory, snapshots for new members, memory.</summary>
    private const long LargeFile = 128 << 20;

    private (long Revision, long BytesInUse, bool IsFull) _seen;
    private long? _done;

    /// <param name="bytes">Size of the file.</param>
    /// <param name="bytesInUse">How much of it holds data, as etcd says.</param>
    /// <param name="hasRoom">See <see cref="MemberSpace.HasRoom"/>.</param>
    /// <param name="revision">Where the store stands.</param>
    /// <param name="isFull">The alarm stands, and all revisions but the latest were let go.</param>
    public bool See(long bytes, long bytesInUse, bool hasRoom, long revision, bool isFull)
    {
        var (before, now) = (_seen, (revision, bytesInUse, isFull));
        _seen = now;
        // With the alarm, what is in use says little: etcd counts what it let go only with the commit after it, and there is none now. So it is tried, once
        // for what the store holds, and not before letting go has come to its end: that goes in steps, and each of them shows.
        if (isFull) return !hasRoom && before == now && !IsDone(revision);
        var free = bytes - bytesInUse;
        return (bytes >= LargeFile && free >= bytes / 2) || (bytes >= StorageAdvice.NearlyFull * quotaBytes && free >= bytes / 5);
    }

    /// <summary>It was written anew.</summary>
    public void Done(long revision) => _done = revision;

    /// <summary>Whether it was, for what the store holds now.</summary>
    public bool IsDone(long revision) => _done == revision;
}
