using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.Simulation.Cluster;

namespace Mill.Simulation.Fleet;

/// <summary>Somebody who deploys, good and bad, goes back, empties nodes and starts tasks, through any node.</summary>
/// <param name="tenant">Whose services they are: names are those of the whole cluster.</param>
/// <param name="names">Of the service that is always there, of one that comes and goes, and of a task.</param>
internal sealed class FleetOperator(SimulatedCluster cluster, int number, int seed, TenantId tenant, (string Always, string Sometimes, string Task) names)
{
    private readonly Random _random = new((seed * 31) + number);
    private int _versions;

    /// <summary>For whoever looks into a failure.</summary>
    public string Doing { get; private set; } = "";

    public async Task RunAsync(int actions)
    {
        World.Actor.Value = $"operator {number}";
        for (var i = 0; i < actions; i++)
        {
            Doing = "waits";
            await cluster.World.PassAsync($"operator {number}", TimeSpan.FromMilliseconds(_random.NextDouble() * (_random.Next(3) is 0 ? 25_000 : 3_000)));
            var action = AnAction();
            Doing = action.What;
            await TryAsync(action);
        }
        Doing = "is done";
    }

    /// <summary>Until it has been done, by whoever leads.</summary>
    public async Task RequireAsync(string what, Action<FleetDraft> change)
    {
        World.Actor.Value = $"operator {number}";
        while (!await TryAsync((what, change))) await cluster.World.PassAsync($"operator {number}", TimeSpan.FromMilliseconds(500));
    }

    public void Deploy(FleetDraft draft, string text) => DeployRules.Begin(draft, MillFile.Read(new("app.mill", text)), tenant, "ann");

    private (string What, Action<FleetDraft> Change) AnAction()
    {
        var service = _random.Next(2) is 0 ? names.Always : names.Sometimes;
        var node = cluster.Nodes[_random.Next(cluster.Nodes.Count)].Id;
        var text = Text();
        return _random.Next(14) switch
        {
            < 6 => ($"deploy {text}", draft => Deploy(draft, text)),
            6 => ($"restart {service}", draft => DeployRules.Restart(draft, service, tenant, "ann")),
            7 => ("rollback", draft => Rollback(draft)),
            8 => ("abort", draft => DeployRules.Abort(draft, null, tenant, "ann")),
            9 => ($"drain {node}", draft => NodeRules.Drain(draft, node, "ann")),
            10 => ($"undrain {node}", draft => NodeRules.Undrain(draft, node, "ann")),
            _ => ("spawn", Spawn),
        };
    }

    private void Spawn(FleetDraft draft)
    {
        if (!draft.Fleet.Tasks.TryGetValue(names.Task, out var job)) throw new MillException(MillError.NotFound, "There is no such task yet.");
        TaskRules.Start(draft, new PlacementView(draft.Fleet), job.Spec, tenant, "ann");
    }

    private void Rollback(FleetDraft draft)
    {
        var earlier = DeployRules.Earlier(draft.Fleet, tenant, null);
        DeployRules.Begin(draft, (earlier.Outcome ?? earlier.Spec)!, tenant, "ann", earlier.Number);
    }

    private string Text() => Service(names.Always, mayStopFirst: false) + (_random.Next(3) > 0 ? Service(names.Sometimes, mayStopFirst: true) : "") + $"task \"{names.Task}\" {{\n image = \"good\"\n timeout = \"1m\"\n cpu = 0.1\n}}\n";

    private string Service(string name, bool mayStopFirst)
    {
        var image = _random.Next(8) switch { 0 => "sick", 1 => "dead", 2 => "missing", _ => "good" };
        var hook = _random.Next(5) is 0 ? $" pre_deploy {{\n command = [\"x\"]\n timeout = \"20s\"\n }}\n" : "";
        var order = mayStopFirst && _random.Next(2) is 0 ? "\n order = \"stop_first\"" : "";
        return string.Create(CultureInfo.InvariantCulture, $"service \"{name}\" {{\n image = \"{image}:{number}-{++_versions}\"\n replicas = {_random.Next(1, 4)}\n port = 80\n cpu = 0.2\n{hook} update {{\n healthy_for = \"1s\"\n deadline = \"10s\"\n drain = \"1s\"{order}\n }}\n}}\n");
    }

    private async Task<bool> TryAsync((string What, Action<FleetDraft> Change) action)
    {
        var running = cluster.Nodes.Where(node => node.IsRunning).ToList();
        var process = (running.Count > 0 ? running[_random.Next(running.Count)] : cluster.Nodes[0]).Process;
        var work = process.Forwarder.DoAsync($"operator {number}: {action.What}", async leader => (await leader.State.CommitAsync(new FleetCommand<bool>((draft, _) =>
        {
            action.Change(draft);
            return true;
        }), CancellationToken.None)).Answer, CancellationToken.None);
        try
        {
            // Of one that dies, nothing is heard any more.
            if (await Task.WhenAny(work, process.Life.Died) != work) return false;
            await work;
            cluster.World.Tally.Count($"fleet {action.What.Split(' ')[0]}");
            if (action.What.Contains("stop_first", StringComparison.Ordinal)) cluster.World.Tally.Count("fleet stop_first");
            return true;
        }
        catch (MillException)
        {
            return false;
        }
    }
}
