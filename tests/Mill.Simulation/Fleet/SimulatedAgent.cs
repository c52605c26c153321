using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Cluster;

namespace Mill.Simulation.Fleet;

/// <summary>What the agent of a node does, with nothing of how: what is wanted is in the state, it makes it so, and says what became of it to whoever leads.</summary>
internal sealed class SimulatedAgent(SimulatedProcess process, SimulatedEngine engine, FleetOffices offices, World world, FleetAudit audit)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private readonly NodeId _node = process.Node.Id;
    private readonly long _life = world.Now + 1;
    private readonly Dictionary<string, (Timestamp Asked, long At)> _ending = new(StringComparer.Ordinal);
    private long _reports;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        World.Actor.Value = $"agent {process.Life}";
        // Only what was certainly true a moment ago says what is a stray, and what was never started.
        var isSure = false;
        while (true)
        {
            try
            {
                var state = await process.State.ReadAsync(new StateRead(isSure ? ReadLevel.Local : ReadLevel.Quorum), cancellationToken);
                isSure = true;
                await process.Life.TurnAsync("looks at its containers");
                audit.See(state);
                var reports = Look(state.Fleet);
                var report = new NodeReport(_node, 4, 4L << 30, new Dictionary<string, string>(), reports) { Life = _life, Number = ++_reports };
                await process.Forwarder.DoAsync($"report {_life} {report.Number} {string.Join(' ', reports.Select(alloc => $"{alloc.Id} {alloc.Status}"))}", async leader =>
                {
                    await offices.Of(leader).SendAsync(report, cancellationToken);
                    return true;
                }, cancellationToken);
            }
            catch (MillException)
            {
                // Said again, with what is true by then.
            }
            await Task.Delay(Pause, process.Time, cancellationToken);
        }
    }

    /// <summary>Makes it so.</summary>
    /// <returns>What the state does not know yet.</returns>
    private List<AllocReport> Look(FleetState fleet)
    {
        if (process.Life.IsDead) return [];
        foreach (var id in engine.Containers.Keys.Where(id => !fleet.Allocs.TryGetValue(id, out var alloc) || alloc.IsTerminal || alloc.Node != _node).ToList()) engine.Remove(id);
        var reports = new List<AllocReport>();
        foreach (var alloc in fleet.Allocs.Values.Where(alloc => alloc.Node == _node && !alloc.IsTerminal))
        {
            var report = Bring(alloc);
            if (report.Status != alloc.Status || report.Restarts != alloc.Restarts) reports.Add(report);
        }
        return reports;
    }

    private AllocReport Bring(AllocRecord alloc)
    {
        var report = new AllocReport { Id = alloc.Id, Status = alloc.Status, Restarts = alloc.Restarts, StartedAt = alloc.StartedAt };
        if (alloc.IsStopping && !IsDraining(alloc))
        {
            engine.End(alloc.Id);
            return report with { Status = AllocStatus.Stopped, ExitCode = 143, StartedAt = null };
        }
        if (alloc.Kind is AllocKind.Pull && !alloc.Container.Image.StartsWith("missing", StringComparison.Ordinal)) return report with { Status = AllocStatus.Stopped, ExitCode = 0 };
        if (!engine.Containers.TryGetValue(alloc.Id, out var container))
        {
            if (alloc.Container.Image.StartsWith("missing", StringComparison.Ordinal)) return report with { Status = AllocStatus.Failed, Reason = "there is no such image" };
            if (engine.Starts.ContainsKey(alloc.Id) && alloc.Kind is not AllocKind.Service) return report with { Status = AllocStatus.Failed, Reason = "its container is gone" };
            engine.Start(alloc);
            container = engine.Containers[alloc.Id];
        }
        var started = report with { StartedAt = Timestamp.From(process.Time.GetUtcNow()) };
        if (container.HasEnded(world.Now))
        {
            if (alloc.Kind is not AllocKind.Service) return started with { Status = container.ExitCode is 0 ? AllocStatus.Stopped : AllocStatus.Failed, ExitCode = container.ExitCode, Reason = container.ExitCode is 0 ? null : "it failed" };
            engine.Start(alloc);
            return started with { Status = AllocStatus.Running, Restarts = alloc.Restarts + 1, ExitCode = container.ExitCode, Reason = "it ended" };
        }
        return started with { Status = container.IsHealthy(world.Now) ? AllocStatus.Healthy : AllocStatus.Running, Address = "192.0.2.1:20000", Reason = container.IsHealthy(world.Now) ? null : "it does not answer" };
    }

    /// <summary>As long as it may, from when it was heard that it is to end: clocks differ.</summary>
    private bool IsDraining(AllocRecord alloc)
    {
        if (alloc.Drain is not { } drain) return false;
        if (!_ending.TryGetValue(alloc.Id, out var heard) || heard.Asked != alloc.StopAskedAt) _ending[alloc.Id] = heard = (alloc.StopAskedAt!.Value, world.Now);
        return world.Now < heard.At + drain.Ticks;
    }
}
