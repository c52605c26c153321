using Google.Protobuf;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>The revision of the latest commit.</summary>
internal static class EtcdRevision
{
    private static readonly RangeRequest AnyOneKey = new() { Key = ByteString.CopyFrom(0) };

    private static readonly RangeRequest AnyOneKeyHere = new() { Key = AnyOneKey.Key, Serializable = true };

    /// <summary>By the word of a quorum: the member that answers has seen every commit that was acknowledged before.</summary>
    public static async Task<long> ReadAsync(EtcdChannel channel, CancellationToken cancellationToken) =>
        (await channel.AskAsync(EtcdCalls.Range, AnyOneKey, cancellationToken).ConfigureAwait(false)).Header.Revision;

    /// <summary>As far as the preferred member has heard of it, and whether that knows of a leader or not. It answers as soon as it reads its database, and not while it defragments that.</summary>
    public static async Task<long> ReadHereAsync(EtcdChannel channel, CancellationToken cancellationToken) =>
        (await channel.AskAtAsync(channel.Preferred, EtcdCalls.RangeHere, AnyOneKeyHere, cancellationToken).ConfigureAwait(false)).Header.Revision;
}
