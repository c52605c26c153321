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
            _nodes[report.Node] = new(time.GetTimestamp(), report.Life, report.Number, new(report.Usage, report.Pulls));
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

    private bool IsLateNeedsLock(NodeReport report) => _nodes.TryGetValue(report.Node, out var last) && (report.Life, report.Number).CompareTo((last.Life, last.Number)) < 0;

    private readonly record struct Heard(long At, long Life, long Number, NodeLive Live);
}
