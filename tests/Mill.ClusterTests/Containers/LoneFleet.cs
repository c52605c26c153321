using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.ClusterTests.Processes;
using Mill.Core.Access;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Mill.Orchestration;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Vault;

namespace Mill.ClusterTests.Containers;

/// <summary>A state, a vault, an office and the agent of one node, in this process; the containers are real.</summary>
internal sealed class LoneFleet : IAsyncDisposable, INodeReports
{
    private static readonly Caller Operator = new("token", "tester", Role.Operator, TenantId.Default);

    private readonly DockerAddress _engine;
    private readonly string _address;
    private readonly LocalState _state;
    private readonly VaultHost _vault;
    private readonly FleetOffice _office;
    private readonly string _root = Directory.CreateTempSubdirectory("mill-fleet-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _work = [];
    private CancellationTokenSource? _agentStop;
    private NodeAgent? _agent;
    private Task _agentWork = Task.CompletedTask;

    private LoneFleet(DockerAddress engine, string address, LocalState state, VaultHost vault)
    {
        (_engine, _address, _state, _vault) = (engine, address, state, vault);
        Vault = new(vault.Vault);
        _office = new(state, () => true, TimeSpan.FromSeconds(10), TimeProvider.System, NullLogger<FleetOffice>.Instance);
    }

    /// <summary>The id of its cluster.</summary>
    public const string Cluster = "test-cluster";

    public NodeId Node { get; } = NodeId.From(RandomNumberGenerator.GetBytes(8));

    /// <summary>That of the agent.</summary>
    public UnsteadyVault Vault { get; }

    /// <summary>What the node said last of itself, and was heard.</summary>
    public NodeReport? Said { get; private set; }

    /// <summary>How many reports had something of an allocation: each is a commit.</summary>
    public int News { get; private set; }

    /// <summary>How many reports were not believed.</summary>
    public int Refused { get; private set; }

    /// <summary>Done once reports with something of an allocation get through again; null where they do.</summary>
    public Task? Jam { get; set; }

    /// <summary>That of the agent that is started next.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public INodeLogs Logs => _agent!.Logs;

    public INodeExec Exec => _agent!.Exec;

    /// <summary>How many containers the agent has taken up, all that it does not need the vault for done.</summary>
    public int Adopted => _agent!.Watched;

    /// <summary>What the agent keeps of itself.</summary>
    public string AgentFile => ScratchDirectory + "-agent.json";

    public string ScratchDirectory => Path.Combine(_root, "scratch");

    public string MemoryDirectory { get; } = $"/dev/shm/mill-test-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    public static Task<LoneFleet> StartAsync(DockerEngine engine) => StartAsync(engine.Address);

    /// <param name="address">Of the node.</param>
    public static async Task<LoneFleet> StartAsync(DockerAddress engine, string address = "127.0.0.1")
    {
        var store = new InMemoryStateStore();
        var state = await LocalState.LoadAsync(store, TimeProvider.System, NullLoggerFactory.Instance, default);
        var vault = new VaultHost(new(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), null), state, store, leadership: null, TimeProvider.System, NullLoggerFactory.Instance);
        var fleet = new LoneFleet(engine, address, state, vault);
        fleet._work.Add(state.RunAsync(fleet._stop.Token));
        await vault.StartAsync(makeKeyFile: false, default);
        fleet._work.Add(fleet._office.RunAsync(fleet._stop.Token));
        fleet.StartAgent();
        await fleet.UntilAsync("the node is known", now => now.Nodes.ContainsKey(fleet.Node));
        return fleet;
    }

    /// <summary>Passed on to the office.</summary>
    public async Task SendAsync(NodeReport report, CancellationToken cancellationToken)
    {
        if (report.Allocs.Count > 0)
        {
            News++;
            if (Jam is { } jam) await jam.WaitAsync(cancellationToken);
        }
        try
        {
            await _office.SendAsync(report, cancellationToken);
        }
        catch (MillException)
        {
            Refused++;
            throw;
        }
        if (report.Allocs.Count is 0) Said = report;
    }

    /// <summary>The name that its container has in Docker.</summary>
    public string ContainerOf(string alloc, int restarts = 0) => $"mill-{Node.Value[..8]}-{alloc}-{restarts}";

    /// <summary>What is kept of what an allocation wrote.</summary>
    public async Task<List<string>> LogAsync(string alloc, int tail = 1_000_000)
    {
        var lines = new List<string>();
        await foreach (var line in Logs.ReadAsync(alloc, tail, follow: false, default)) lines.Add(line.Text);
        return lines;
    }

    public void StartAgent()
    {
        _agentStop = new();
        _agent = new(
            new() { Node = Node, Cluster = Cluster, Address = _address, Docker = _engine, MemoryDirectory = MemoryDirectory, ScratchDirectory = ScratchDirectory, WriteFile = static (path, content) => PrivateFile.Write(path, content), Heartbeat = TimeSpan.FromSeconds(1), UsageEvery = TimeSpan.FromSeconds(1) },
            _state, Vault, this, Time, NullLogger<NodeAgent>.Instance);
        _agentWork = _agent.RunAsync(_agentStop.Token);
    }

    /// <summary>As one that is killed: the containers go on.</summary>
    public async Task StopAgentAsync()
    {
        await _agentStop!.CancelAsync();
        await _agentWork.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _agent!.Dispose();
        _agentStop.Dispose();
    }

    /// <summary>What a container of this node has for labels, however it was made.</summary>
    public string[] LabelsOf(string alloc, string cluster = Cluster) => ["--label=mill.managed=true", $"--label=mill.cluster={cluster}", $"--label=mill.node={Node}", $"--label=mill.alloc-id={alloc}"];

    /// <summary>Changes what is not of the fleet.</summary>
    public Task CommitAsync(StateChange change) => _state.CommitAsync(new PlainCommand(change), default);

    public async Task<FleetState> NowAsync() => (await _state.ReadAsync(default(CancellationToken))).Fleet;

    public async Task SetSecretAsync(string name, string text)
    {
        using var value = SecretValue.FromText(text);
        await _vault.Vault.SetAsync(Operator, new(SecretName.Parse(name), value, ValueKind.Text), new("r"), default);
    }

    public Task DeleteSecretAsync(string name) => _vault.Vault.DeleteAsync(Operator, new(SecretName.Parse(name)), new("r"), default);

    public async Task<DeployRecord> DeployAsync(string text) => await FinishAsync((await BeginAsync(text)).Number);

    public Task<DeployRecord> BeginAsync(string text) => ChangeAsync(draft => DeployRules.Begin(draft, MillFile.Read(new("app.mill", text)), TenantId.Default, "ann"));

    public async Task<DeployRecord> FinishAsync(int number) => (await UntilAsync($"deploy {number} has ended", now => now.Deploys[number].IsOver)).Deploys[number];

    public async Task<DeployRecord> RestartAsync(string service) => await FinishAsync((await ChangeAsync(draft => DeployRules.Restart(draft, service, TenantId.Default, "ann"))).Number);

    public async Task<T> ChangeAsync<T>(Func<FleetDraft, T> change) => (await _state.CommitAsync(new FleetCommand<T>((draft, _) => change(draft)), default)).Answer;

    public async Task<FleetState> UntilAsync(string what, Func<FleetState, bool> holds)
    {
        FleetState? now = null;
        await Until.TrueAsync(what, TimeSpan.FromSeconds(60), async () => holds(now = await NowAsync()));
        return now!;
    }

    public async ValueTask DisposeAsync()
    {
        await ChangeAsync(draft =>
        {
            foreach (var name in draft.Fleet.Services.Keys) draft.Remove(new ServiceKey(name));
            foreach (var alloc in draft.Fleet.Allocs.Values.Where(alloc => alloc is { IsTerminal: false, IsStopping: false })) draft.Put(alloc with { StopAskedAt = draft.Now });
            return 0;
        });
        await UntilAsync("everything has ended", now => now.Allocs.Values.All(alloc => alloc.IsTerminal));
        await StopAgentAsync();
        await _stop.CancelAsync();
        foreach (var work in _work) await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        Directory.Delete(_root, recursive: true);
        if (Directory.Exists(MemoryDirectory)) Directory.Delete(MemoryDirectory, recursive: true);
    }

    private sealed class PlainCommand(StateChange change) : StateCommand<Done>
    {
        public override Decision<Done> Decide(ClusterState state, Timestamp now) => new(new(), [change]);
    }
}
