using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Orchestration;

/// <summary>
/// When the leader heard of whom, and what it was told that is not kept. It goes by a clock that nobody sets, and nobody is silent while it does not listen itself: a process that was stopped for a while, a machine that slept and a new
/// term of office begin with the whole timeout for every node.
/// </summary>
/// <param name="timeout">Of what length a node's silence is too long.</param>
/// <param name="longestPause">Between two looks; after a longer one, it did not listen.</param>
internal sealed class Hearing(TimeSpan timeout, TimeSpan longestPause, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, Heard> _nodes = [];
    private long _fence;
    private long _since;
    private long? _lookedAt;

    /// <summary>What the nodes said last of what is not kept.</summary>
    public IReadOnlyDictionary<NodeId, NodeLive> Live
    {
        get
        {
            var now = time.GetTimestamp();
            lock (_lock) return _nodes.Where(node => time.GetElapsedTime(node.Value.At, now) < timeout).ToDictionary(node => node.Key, node => node.Value.Live);
        }
    }

    /// <summary>Hears a node.</summary>
    /// <returns>False for what comes late, after what the node said since.</returns>
    public bool Hear(NodeReport report)
    {
        lock (_lock)
        {
            if (IsLateNeedsLock(report)) return false;
            var known = _nodes.GetValueOrDefault(report.Node);
            if (known.Life != report.Life) known = new(0, report.Life, 0, 0, known.Live);
            // News say nothing of what is not kept; those of an earlier version do.
            var live = IsNews(report) && report is { Usage.Count: 0, Pulls.Count: 0 } ? known.Live ?? new([], []) : new(report.Usage, report.Pulls);
            known = known with { At = time.GetTimestamp(), Live = live };
            _nodes[report.Node] = IsNews(report) ? known with { News = report.Number } : known with { Sign = report.Number };
            return true;
        }
    }

    /// <summary>The node has said something since.</summary>
    public bool IsLate(NodeReport report)
    {
        lock (_lock) return IsLateNeedsLock(report);
    }

    /// <summary>What is known of the nodes right now.</summary>
    /// <param name="fence">The term of office, as the state has it.</param>
    public NodeLiveness Look(long fence)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_lookedAt is not { } before || fence != _fence || time.GetElapsedTime(before, now) > longestPause) _since = now;
            (_lookedAt, _fence) = (now, fence);
            return new(time.GetElapsedTime(_since, now), _nodes.ToDictionary(node => node.Key, node => time.GetElapsedTime(node.Value.At, now)), timeout);
        }
    }

    /// <summary>Whoever leads next has heard of nobody.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _lookedAt = null;
            _nodes.Clear();
        }
    }

    /// <summary>A node says that it lives, and what is new, beside each other: neither makes the other one late.</summary>
    private static bool IsNews(NodeReport report) => report.Allocs.Count > 0;

    private bool IsLateNeedsLock(NodeReport report) => _nodes.TryGetValue(report.Node, out var last) && (report.Life, report.Number).CompareTo((last.Life, IsNews(report) ? last.News : last.Sign)) < 0;

    /// <param name="Sign">The number of the last report that said no more than that the node lives, and how it is.</param>
    /// <param name="News">Of the last one with something new of an allocation.</param>
    private readonly record struct Heard(long At, long Life, long Sign, long News, NodeLive Live);
}
