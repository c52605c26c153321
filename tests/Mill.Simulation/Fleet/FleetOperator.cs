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
internal sealed class FleetOperator(SimulatedCluster cluster, int number, int seed)
{
    private const string Job = "task \"job\" {\n image = \"good\"\n timeout = \"1m\"\n cpu = 0.1\n}\n";

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

    public static void Deploy(FleetDraft draft, string text) => DeployRules.Begin(draft, MillFile.Read(new("app.mill", text)), TenantId.Default, "ann");

    private (string What, Action<FleetDraft> Change) AnAction()
    {
        var service = _random.Next(2) is 0 ? "a" : "b";
        var node = cluster.Nodes[_random.Next(cluster.Nodes.Count)].Id;
        var text = Text();
        return _random.Next(14) switch
        {
            < 6 => ($"deploy {text}", draft => Deploy(draft, text)),
            6 => ($"restart {service}", draft => DeployRules.Restart(draft, service, TenantId.Default, "ann")),
            7 => ("rollback", draft => Rollback(draft)),
            8 => ("abort", draft => DeployRules.Abort(draft, null, TenantId.Default, "ann")),
            9 => ($"drain {node}", draft => NodeRules.Drain(draft, node, "ann")),
            10 => ($"undrain {node}", draft => NodeRules.Undrain(draft, node, "ann")),
            _ => ("spawn", Spawn),
        };
    }

    private static void Spawn(FleetDraft draft)
    {
        if (!draft.Fleet.Tasks.TryGetValue("job", out var job)) throw new MillException(MillError.NotFound, "There is no such task yet.");
        TaskRules.Start(draft, new PlacementView(draft.Fleet), job.Spec, TenantId.Default, "ann");
    }

    private static void Rollback(FleetDraft draft)
    {
        var earlier = DeployRules.Earlier(draft.Fleet, TenantId.Default, null);
        DeployRules.Begin(draft, (earlier.Outcome ?? earlier.Spec)!, TenantId.Default, "ann", earlier.Number);
    }

    /// <summary>Service a is always there; b comes and goes.</summary>
    private string Text() => Service("a") + (_random.Next(3) > 0 ? Service("b") : "") + Job;

    private string Service(string name)
    {
        var image = _random.Next(8) switch { 0 => "sick", 1 => "dead", 2 => "missing", _ => "good" };
        var hook = _random.Next(5) is 0 ? $" pre_deploy {{\n command = [\"x\"]\n timeout = \"20s\"\n }}\n" : "";
        return string.Create(CultureInfo.InvariantCulture, $"service \"{name}\" {{\n image = \"{image}:{number}-{++_versions}\"\n replicas = {_random.Next(1, 4)}\n port = 80\n cpu = 0.2\n{hook} update {{\n healthy_for = \"1s\"\n deadline = \"10s\"\n drain = \"1s\"\n }}\n}}\n");
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
            return true;
        }
        catch (MillException)
        {
            return false;
        }
    }
}
