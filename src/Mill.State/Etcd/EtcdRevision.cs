using Google.Protobuf;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>The revision of the latest commit.</summary>
internal static class EtcdRevision
{
    private static readonly RangeRequest AnyOneKey = new() { Key = ByteString.CopyFrom(0) };

    /// <summary>By the word of a quorum: the member that answers has seen every commit that was acknowledged before.</summary>
    public static async Task<long> ReadAsync(EtcdChannel channel, CancellationToken cancellationToken) =>
        (await channel.AskAsync(EtcdCalls.Range, AnyOneKey, cancellationToken).ConfigureAwait(false)).Header.Revision;
}
