using Mill.Client;
using Mill.Client.Contracts;
using Mill.ClusterTests.Backups;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Containers.Scenarios;

/// <summary>A cluster of three nodes, each with a Docker Engine of its own on its own machine. One for all scenarios: each begins with <see cref="ReadyAsync"/>.</summary>
public sealed class ThreeMachines : IAsyncLifetime, IDisposable
{
    public const string Group = "three machines with containers";

    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int Nodes = 3;

    private readonly Dictionary<RigNode, DockerEngine> _engines = [];
    private readonly List<Task> _starting = [];
    private ClusterRig? _rig;
    private MillClient? _client;

    /// <summary>What the first node said of itself before there was another.</summary>
    internal NodeListResponse Alone { get; private set; } = new([]);

    internal ClusterRig Rig => _rig!;

    /// <summary>Asks whichever node answers.</summary>
    internal MillClient Client => _client!;

    public async Task InitializeAsync()
    {
        _rig = ClusterRig.Create();
        await Rig.InitAsync(AddEngine);
        await RenewClientAsync();
        await UntilReadyAsync(1);
        Alone = await Client.ListNodesAsync();
        while (Rig.Nodes.Length < Nodes) await Rig.JoinAsync(AddEngine);
    }

    public async Task DisposeAsync()
    {
        if (_rig is null) return;
        await Task.WhenAll(_engines.Keys.Select(node => node.Machine.KillAllAsync()));
        await Task.WhenAll(_engines.Values.Select(engine => engine.DisposeAsync()));
        await Rig.DisposeAsync();
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>As in the beginning: three nodes that are ready, and nothing that runs, whatever the scenario before has left.</summary>
    internal async Task ReadyAsync()
    {
        SetLinks(Link.Good);
        await Task.WhenAll(Rig.Nodes.Select(StartAsync));
        while (Rig.Nodes.Length < Nodes) await Rig.JoinAsync(AddEngine);
        await RenewClientAsync();
        await UntilReadyAsync(Nodes);
        foreach (var deploy in (await Client.ListDeploysAsync()).Deploys.Where(deploy => deploy.EndedAt is null))
        {
            await Client.AbortDeployAsync(deploy.Number);
            await EndOfAsync(deploy);
        }
        foreach (var task in (await Client.ListTasksAsync()).Tasks) await Client.KillTaskAsync(task.Id);
        if ((await Client.ListServicesAsync()).Services.Count > 0) await DeployAsync(MillFiles.Nothing);
        await UntilOnlyAsync([]);
    }

    /// <summary>Begins a deploy, and waits for its end.</summary>
    internal async Task<DeployResponse> DeployAsync(string file) => await EndOfAsync(await Client.DeployAsync(file));

    /// <summary>How a deploy ended.</summary>
    internal async Task<DeployResponse> EndOfAsync(DeployResponse deploy)
    {
        using var limit = new CancellationTokenSource(Patience);
        await UntilAsync($"deploy {deploy.Number} is over", async () =>
        {
            await foreach (var now in Client.FollowDeployAsync(deploy.Number, cancellationToken: limit.Token)) deploy = now;
            return true;
        });
        return deploy;
    }

    /// <summary>A service as soon as it is as it should be.</summary>
    internal async Task<ServiceResponse> UntilAsync(string what, string service, Func<ServiceResponse, bool> holds)
    {
        ServiceResponse? now = null;
        await UntilAsync(what, async () => holds(now = await Client.GetServiceAsync(service)));
        return now!;
    }

    /// <summary>Asks again where nobody leads for a moment.</summary>
    internal static Task UntilAsync(string what, Func<Task<bool>> holds) => Until.TrueAsync(what, Patience, async () =>
    {
        try
        {
            return await holds();
        }
        catch (MillException e) when (e.IsTransient)
        {
            return false;
        }
    });

    /// <summary>What a node says of what it runs.</summary>
    internal async Task<ContainersItem> OfAsync(RigNode node) => (await Client.ListNodesAsync()).Nodes.Single(item => item.Name == node.Name).Containers!;

    /// <summary>What the Engines of all machines that are there run, by the word of nobody else.</summary>
    /// <param name="all">With what has ended, and is not removed yet.</param>
    internal async Task<IReadOnlyList<Running>> ContainersAsync(bool all = false)
    {
        var lists = await Task.WhenAll(Rig.Nodes.Where(node => _engines[node].Runs).Select(async node =>
        {
            var lines = await _engines[node].DockerAsync(["ps", "--no-trunc", "--format", "{{.ID}} {{.Label \"mill.alloc-id\"}}", .. all ? ["--all"] : Array.Empty<string>()]);
            return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => new Running(node.Name, line.Split(' ')[1], line.Split(' ')[0]));
        }));
        return [.. lists.SelectMany(list => list).OrderBy(one => one.Alloc, StringComparer.Ordinal)];
    }

    /// <summary>Those and no others are there, nor is anything left of others.</summary>
    internal Task UntilOnlyAsync(IEnumerable<Running> containers) => Until.TrueAsync($"there are only {string.Join(", ", containers.Select(one => one.Alloc))}", Patience, async () => (await ContainersAsync(all: true)).SequenceEqual(containers));

    /// <summary>What runs is what the API says that runs: no container too many, and none too few.</summary>
    internal Task UntilAllIsToldAsync(string service, int replicas) => UntilAsync($"{replicas} containers of {service} run, and they are those that are told of", async () =>
    {
        var told = (await Client.GetServiceAsync(service)).Allocations.Where(alloc => alloc.Status is "healthy").Select(alloc => (alloc.Node, alloc.Id)).Order().ToList();
        var real = (await ContainersAsync()).Select(one => (one.Node, one.Alloc)).Where(one => one.Alloc.StartsWith($"{service}-", StringComparison.Ordinal)).Order();
        return told.Count == replicas && told.SequenceEqual(real);
    });

    /// <summary>The machine is gone: its node, its Engine, and all that runs there.</summary>
    internal async Task LoseAsync(RigNode node)
    {
        await node.Machine.KillAllAsync();
        await node.KillAsync();
        await _engines[node].StopAsync();
    }

    /// <summary>It is there again, with what it has on its disk.</summary>
    internal async Task StartAsync(RigNode node)
    {
        if (!_engines[node].Runs) await _engines[node].StartAsync();
        if (!node.Runs) node.Launch();
        await node.Process.AddressAsync();
    }

    /// <summary>All of the network between the nodes. This process reaches all of them in any case.</summary>
    internal void SetLinks(Link link)
    {
        foreach (var one in Rig.Nodes)
        {
            foreach (var other in Rig.Nodes.Where(other => other != one)) Rig.Set(one, other, link);
        }
    }

    /// <summary>As an operator who is at the machine of a node does it.</summary>
    internal async Task<Said> DeployByHandAsync(RigNode node, string file)
    {
        var path = Path.Combine(Rig.Root, "app.mill");
        await File.WriteAllTextAsync(path, file);
        return await node.RunAsync(Rig.Access, "deploy", "--yes", "--file", path);
    }

    private void AddEngine(RigNode node)
    {
        var engine = new DockerEngine(node.Machine.Runner);
        _engines.Add(node, engine);
        node.Environment["DOCKER_HOST"] = engine.Address.ToString();
        _starting.Add(engine.InitializeAsync());
    }

    /// <summary>Once the Engines that were begun are there.</summary>
    private async Task RenewClientAsync()
    {
        await Task.WhenAll(_starting);
        _client?.Dispose();
        _client = new(new() { Address = Rig.Nodes[0].Url, Fallbacks = [.. Rig.Nodes.Skip(1).Select(node => node.Url)], Authority = Rig.Access.Authority, Token = Rig.Access.Token, ConnectTimeout = TimeSpan.FromSeconds(2) });
    }

    /// <summary>A drain that was begun is taken back.</summary>
    private Task UntilReadyAsync(int nodes) => UntilAsync($"{nodes} nodes are ready", async () =>
    {
        var seen = (await Client.ListNodesAsync()).Nodes;
        foreach (var node in seen.Where(node => node.Containers is { State: "draining" })) await Client.UndrainNodeAsync(node.Name);
        return seen.Count(node => node is { State: "healthy", Containers.State: "ready" }) == nodes;
    });
}

/// <summary>A container that runs.</summary>
/// <param name="Id">That the Engine gave it.</param>
internal sealed record Running(string Node, string Alloc, string Id);

/// <summary>What shares the three machines.</summary>
[CollectionDefinition(ThreeMachines.Group)]
public sealed class ThreeMachinesGroup : ICollectionFixture<ThreeMachines>;
