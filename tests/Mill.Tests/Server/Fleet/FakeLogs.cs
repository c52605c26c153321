using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Tests.Server.Fleet;

/// <summary>What containers wrote: what the test lets them write.</summary>
internal sealed class FakeLogs : INodeLogs
{
    private readonly Dictionary<string, (List<AllocLine> Kept, Channel<AllocLine> Coming)> _logs = new(StringComparer.Ordinal);
    private int _passed;
    private int _following;

    /// <summary>How many wait, or have waited, for what comes.</summary>
    public int Following => Volatile.Read(ref _following);

    /// <summary>How many of the lines that came were taken to their end: whoever reads has come back for the next one.</summary>
    public int Passed => Volatile.Read(ref _passed);

    public void Write(string alloc, DateTimeOffset at, string text, string stream = "stdout")
    {
        lock (_logs)
        {
            if (!_logs.TryGetValue(alloc, out var log)) _logs[alloc] = log = ([], Channel.CreateUnbounded<AllocLine>());
            log.Kept.Add(new(at, stream, text));
            log.Coming.Writer.TryWrite(new(at, stream, text));
        }
    }

    public async IAsyncEnumerable<AllocLine> ReadAsync(string allocId, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<AllocLine> kept;
        Channel<AllocLine> coming;
        lock (_logs)
        {
            if (!_logs.TryGetValue(allocId, out var log)) throw new MillException(MillError.NotFound, "Nothing is kept of it.");
            (kept, coming) = ([.. log.Kept.TakeLast(tail)], log.Coming);
            while (coming.Reader.TryRead(out _)) { }
        }
        foreach (var line in kept) yield return line;
        if (!follow) yield break;
        yield return AllocLine.Mark;
        Interlocked.Increment(ref _following);
        await foreach (var line in coming.Reader.ReadAllAsync(cancellationToken))
        {
            yield return line;
            Interlocked.Increment(ref _passed);
        }
    }
}
