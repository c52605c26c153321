using System.Security.Cryptography;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Orchestration;
using Mill.Testing;

namespace Mill.Tests.Server.Fleet;

/// <summary>A node that says of its containers what the test wants to hear.</summary>
internal sealed class FakeNode(FleetOffice office, Func<ClusterState> now, ManualTime time, NodeId? id = null)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private long _number;

    public NodeId Id { get; } = id ?? NodeId.From(RandomNumberGenerator.GetBytes(8));

    /// <summary>What becomes of a container: a service is healthy, a task runs, and what is to end has ended.</summary>
    public Func<AllocRecord, AllocReport> Become { get; set; } = static alloc => new()
    {
        Id = alloc.Id,
        Status = alloc.IsStopping ? AllocStatus.Stopped : alloc.Kind is AllocKind.Service ? AllocStatus.Healthy : AllocStatus.Running,
        StartedAt = alloc.StartedAt ?? alloc.CreatedAt,
        Address = alloc.IsStopping ? null : "127.0.0.1:20001",
        SecretVersions = alloc.SecretVersions ?? alloc.Container.Secrets().ToDictionary(name => name.Value, _ => 1),
    };

    public IReadOnlyList<AllocUsage> Usage { get; set; } = [];

    public IReadOnlyList<PullProgress> Pulls { get; set; } = [];

    /// <summary>Says how everything is. Images are there.</summary>
    public Task ReportAsync() => office.SendAsync(new(Id, 4, 8_000_000_000, new Dictionary<string, string> { ["disk"] = "ssd" }, [.. now().Fleet.AllocsOn(Id).Where(alloc => !alloc.IsTerminal).Select(alloc => alloc.Kind is AllocKind.Pull ? Pulled(alloc) : Become(alloc))])
    {
        Life = 1,
        Number = ++_number,
        Usage = Usage,
        Pulls = Pulls,
    }, CancellationToken.None);

    private static AllocReport Pulled(AllocRecord alloc) => new() { Id = alloc.Id, Status = AllocStatus.Stopped, ExitCode = 0 };

    /// <summary>Lets time pass, and says how everything is, until it is as wanted.</summary>
    public async Task<FleetState> UntilAsync(Func<FleetState, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!wanted(now().Fleet))
        {
            await ReportAsync();
            time.Advance(Step);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }
        return now().Fleet;
    }

    public Task<FleetState> UntilIdleAsync() => UntilAsync(fleet => fleet.Deploying.IsEmpty);
}
