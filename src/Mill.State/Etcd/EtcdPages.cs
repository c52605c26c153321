using Google.Protobuf;
using Mill.Core.Ports;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// Everything under a prefix, page by page and all at the revision of the first page. While one page is shown the next is fetched, so that at most two are in memory.
/// </summary>
internal sealed class EtcdPages(EtcdChannel channel, string prefix)
{
    private const int TargetBytes = 2 << 20;
    private const int FewestEntries = 8;
    private const int MostEntries = 512; // small ones may be followed by as many large ones: then this is what bounds a page

    private readonly byte[] _to = EtcdKeys.Range(prefix).To;

    public async Task<long> VisitAsync(StoreVisitor visit, CancellationToken cancellationToken)
    {
        var page = await FetchAsync(EtcdKeys.Range(prefix).From, revision: 0, FewestEntries, cancellationToken).ConfigureAwait(false);
        var (revision, entries) = (page.Header.Revision, FewestEntries);
        while (true)
        {
            entries = NextSize(entries, page);
            var next = page.More ? FetchAsync(EtcdKeys.After(page.Kvs[^1].Key.Span), revision, entries, cancellationToken) : null;
            try
            {
                foreach (var entry in page.Kvs) visit(entry.Key.ToStringUtf8(), entry.Value.Span, entry.ModRevision);
            }
            catch
            {
                if (next is not null) await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
            if (next is null) return revision;
            page = await next.ConfigureAwait(false);
        }
    }

    private Task<RangeReply> FetchAsync(byte[] from, long revision, int entries, CancellationToken cancellationToken) =>
        channel.AskAsync(EtcdCalls.Range, new() { Key = UnsafeByteOperations.UnsafeWrap(from), RangeEnd = UnsafeByteOperations.UnsafeWrap(_to), Limit = entries, Revision = revision }, cancellationToken);

    /// <summary>As many as would make a page of the right size if they were like those seen last; growing slowly, because they may not be.</summary>
    private static int NextSize(int entries, RangeReply page)
    {
        if (page.Kvs.Count == 0) return entries;
        var average = Math.Max(1, page.Kvs.Sum(entry => (long)entry.Value.Length + entry.Key.Length) / page.Kvs.Count);
        return (int)Math.Clamp(TargetBytes / average, FewestEntries, Math.Min(MostEntries, entries * 2L));
    }
}
