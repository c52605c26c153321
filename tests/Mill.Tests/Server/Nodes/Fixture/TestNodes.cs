using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Hosting.Fleet;
using Mill.Orchestration;
using Mill.Server;
using Mill.Server.Front;
using Mill.Server.Peers;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Tests.Server.Fixture;
using Mill.Vault;
using Mill.Vault.Members;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>A cluster in this process: real servers that share a state in memory, and a clock that the test moves. Who leads is for the test to say.</summary>
internal sealed class TestNodes : IAsyncDisposable
{
    private readonly CancellationTokenSource _lifetime = new();
    private readonly List<TestNode> _nodes = [];
    private readonly InMemoryStateStore _store = new();
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private LocalState _state = null!;
    private VaultHost _vault = null!;
    private Task _committing = Task.CompletedTask;

    public ManualTime Time { get; } = new();

    public string OperatorToken { get; private set; } = "";

    public ClusterTrust Trust { get; private set; } = null!;

    public string Authority { get; private set; } = "";

    public byte[] MasterKey => Convert.FromBase64String(_key);

    public IMembers Members => _vault.Members;

    /// <summary>So many nodes that hold the state, the first one leading.</summary>
    public static async Task<TestNodes> StartAsync(int count)
    {
        var cluster = new TestNodes();
        cluster._state = await LocalState.LoadAsync(cluster._store, cluster.Time, NullLoggerFactory.Instance, default);
        cluster._committing = cluster._state.RunAsync(cluster._lifetime.Token);
        cluster._vault = cluster.NewVault(cluster._state, leadership: null, NullLoggerFactory.Instance);
        await cluster._vault.StartAsync(makeKeyFile: false, default);
        cluster.OperatorToken = (await cluster._vault.EnsureOperatorTokenAsync(null, "operator", "test", default))!;
        for (var number = 1; number <= count; number++) await cluster.AddAsync();
        cluster.Lead(cluster[1]);
        return cluster;
    }

    /// <summary>By number, from 1.</summary>
    public TestNode this[int number] => _nodes[number - 1];

    public ClusterState Now() => _state.ReadAsync(CancellationToken.None).AsTask().Result;

    /// <summary>All nodes hear of a new leader, or that nobody leads.</summary>
    public void Lead(TestNode? leader)
    {
        foreach (var node in _nodes.Where(node => node.Office is not null)) node.Office.Elect(leader?.Record);
    }

    /// <summary>Adds a node that holds the state.</summary>
    /// <param name="instead">What it does instead of being a server.</param>
    public async Task<TestNode> AddAsync(RequestDelegate? instead = null)
    {
        var (record, credentials, place) = await EnterAsync(NodeRole.Both);
        var logs = new CapturedLogs();
        var app = Listening.Build(place, credentials, Time, logs);
        var state = new NodeState(_state);
        var office = new Office(record.Id, _state);
        state.Office = office;
        office.Resigned = heir => Lead(_nodes.Find(node => heir is null ? node.Id != record.Id : node.Id == heir.Id));
        var node = Node(record, credentials, app, logs, office, state);
        if (instead is null) await ServeAsync(node);
        else app.Run(instead);
        await app.StartAsync();
        _nodes.Add(node);
        return node;
    }

    /// <summary>Adds a front, before these vault nodes.</summary>
    public async Task<(TestNode Front, VaultPool Pool)> AddFrontAsync(params TestNode[] vaults)
    {
        var (record, credentials, place) = await EnterAsync(NodeRole.Api);
        var logs = new CapturedLogs();
        var app = Listening.Build(place, credentials, Time, logs);
        var node = Node(record, credentials, app, logs, null!, null!);
        var pool = new VaultPool([.. vaults.Select(vault => vault.Place)], isFixed: false, node.Calls, app.Services.GetRequiredService<ILogger<VaultPool>>());
        FrontServer.Map(app, pool, node.Calls, Identity(record), credentials, Time, app.Lifetime.ApplicationStopping);
        await app.StartAsync();
        _nodes.Add(node);
        return (node, pool);
    }

    /// <summary>A node shows another certificate from now on.</summary>
    public async Task RenewAsync(TestNode node)
    {
        using var key = NodeKeyPair.Create();
        using var membership = (await Members.RenewAsync(node.Id, key.Request(), "1.2.3", default)).Answer;
        node.Credentials.Replace(Credentials(key, membership));
    }

    /// <summary>What a vault does besides answering, until cancelled.</summary>
    public Task TendAsync(CancellationToken cancellationToken) => _vault.RunAsync(cancellationToken);

    /// <summary>Lets time pass until something is done. It runs up to 25 times as fast as ours: what goes over the network must come along.</summary>
    public async Task<T> WhileTimePassesAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            if (!task.IsCompleted) Time.Advance(TimeSpan.FromMilliseconds(25));
        }
        return await task;
    }

    /// <summary>Waits for something that another thread does.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds()) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, limit.Token);
    }

    /// <summary>So many seconds after a node that was asked something is asked whether it is there, which it is after the first one.</summary>
    public async Task PassAsync(Recorder node, double seconds)
    {
        await UntilAsync(() => node.Seen.Count == 1);
        Time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => node.Seen.Count == 2);
        Time.Advance(TimeSpan.FromSeconds(seconds));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Enumerable.Reverse(_nodes)) await node.DisposeAsync();
        await _lifetime.CancelAsync();
        await _committing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _store.DisposeAsync();
        _lifetime.Dispose();
    }

    private VaultHost NewVault(IReplicatedState state, ILeadership? leadership, ILoggerFactory loggers) => new(new(_key, null), state, _store, leadership, Time, loggers);

    private async Task ServeAsync(TestNode node)
    {
        var vault = NewVault(node.State, node.Office, node.App.Services.GetRequiredService<ILoggerFactory>());
        await vault.StartAsync(makeKeyFile: false, default);
        var parts = new ClusterParts(node.Id, node.State, node.Office, vault.Members, node.Engine, node.Credentials, node.Calls);
        ApiServer.Map(node.App, vault.Vault, vault.Tokens, new(node.State, node.Containers, () => FleetHost.LiveOf(node.Containers), () => node.Wrote, () => node.Exec), Identity(node.Record), parts, Time, node.App.Lifetime.ApplicationStopping);
    }

    /// <summary>Makes a node a member, before it runs.</summary>
    private async Task<(NodeRecord Record, CurrentCredentials Credentials, (System.Net.Sockets.Socket, int) Place)> EnterAsync(NodeRole role)
    {
        var place = Listening.Reserve();
        using var key = NodeKeyPair.Create();
        var number = _nodes.Count + 1;
        var asked = new NodePlace($"n{number}", "127.0.0.1", place.Port, number, role, "1.2.3");
        using var membership = number == 1
            ? (await Members.FoundAsync(asked, key.Request(), default)).Answer
            : (await Members.JoinAsync(new((await Members.CreateJoinTokenAsync(Samples.Caller(), new(role), new("r"), default)).Answer.Token, asked, key.Request()), default)).Answer;
        return (membership.Node, new(Credentials(key, membership)), place);
    }

    private NodeCredentials Credentials(NodeKeyPair key, Membership membership)
    {
        Authority = membership.Authority;
        Trust = ClusterTrust.TryParse(Authority, null, out var trust) ? trust : throw new InvalidOperationException("This is no authority.");
        var certificate = key.Certify(membership.Certificate);
        return new(certificate, Trust, NodeIdentity.TryParse(certificate, out var identity) ? identity : throw new InvalidOperationException("This is no node."));
    }

    private TestNode Node(NodeRecord record, CurrentCredentials credentials, WebApplication app, CapturedLogs logs, Office office, NodeState state) => new()
    {
        Cluster = this,
        Record = record,
        Credentials = credentials,
        App = app,
        Logs = logs,
        Calls = new(credentials, Time),
        Office = office,
        State = state,
        Containers = state is null ? null! : new(state, () => office.IsLeader, TimeSpan.FromSeconds(10), Time, NullLogger<FleetOffice>.Instance),
        Http = Listening.Client(PeerPlace.Of(record).Address, Trust, Time),
    };

    private ServerIdentity Identity(NodeRecord record) => new("1.2.3", record.Name, record.Role.Text(), "memory", () => $"https://127.0.0.1:{record.ApiPort}", Time.GetUtcNow());
}
