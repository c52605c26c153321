using System.Collections.Concurrent;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>The engine's members, in memory.</summary>
internal sealed class FakeEngine : IEngineMembers
{
    private readonly ConcurrentDictionary<NodeId, string> _members = new();

    public IEnumerable<NodeId> Members => _members.Keys;

    public bool IsCaughtUp { get; set; } = true;

    public bool IsFull { get; set; }

    public long? QuotaBytes { get; set; }

    /// <summary>How it is, where that is not only what is said above.</summary>
    public EngineStatus? Status { get; set; }

    public Task<EngineAdmission> AdmitAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        var id = _members.GetOrAdd(node.Id, static (_, made) => $"{made}", _members.Count + 100);
        return Task.FromResult(new EngineAdmission(id, new Dictionary<string, string> { [node.Name] = $"https://{node.Address}:{node.PeerPort}" }));
    }

    public Task<bool> PromoteAsync(NodeRecord node, CancellationToken cancellationToken) => Task.FromResult(IsCaughtUp && _members.ContainsKey(node.Id));

    public Task RemoveAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        _members.TryRemove(node.Id, out _);
        return Task.CompletedTask;
    }

    public ValueTask<EngineStatus> GetStatusAsync(CancellationToken cancellationToken) => new(Status ?? new EngineStatus("fake", EngineState.Follower) { Version = "9.9", IsFull = IsFull, DatabaseQuotaBytes = QuotaBytes });
}
