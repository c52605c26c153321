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

    public ValueTask<EngineStatus> GetStatusAsync(CancellationToken cancellationToken) => new(new EngineStatus("fake", EngineState.Follower) { Version = "9.9" });
}
