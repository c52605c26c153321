using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.ClusterTests.Processes;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Mill.State.Etcd.Process;
using Xunit;

namespace Mill.ClusterTests.Etcd;

/// <summary>Three members that Mill runs, each looked after by its own node, which sees of the others what they say.</summary>
public sealed class EtcdRoomTests : IDisposable
{
    private const long Quota = 64 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mill-etcd-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Members_that_are_full_of_the_past_make_room_whichever_of_them_leads()
    {
        using var stop = new CancellationTokenSource();
        var nodes = Nodes("one", "two", "three");
        var running = nodes.ConvertAll(node => node.Process.RunAsync(stop.Token));
        try
        {
            foreach (var node in nodes) await node.Process.AnswersAsync(stop.Token).WaitAsync(Patience);
            var led = await LeaderAsync(nodes);
            await FillAsync(led.Store);
            var upkeeps = nodes.ConvertAll(node => node.Upkeep.RunAsync(stop.Token));
            await Until.TrueAsync("the alarm is taken back", Patience, async () => (await led.Store.Members.ListAlarmsAsync(default)).Count is 0);
            foreach (var node in nodes) Assert.InRange((await node.StatusAsync()).DatabaseBytes, 1, Quota / 4);
            Assert.True((await led.Store.CommitAsync(new([new("new", 0)], [new("new", new byte[1 << 20])]), default)).Succeeded);
            await stop.CancelAsync();
            foreach (var upkeep in upkeeps) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upkeep);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running).WaitAsync(Patience);
            foreach (var node in nodes) await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_that_is_full_of_the_past_takes_writes_again_and_one_that_is_full_says_that_it_stays_so()
    {
        using var stop = new CancellationTokenSource();
        await using var node = Nodes("one")[0];
        var running = node.Process.RunAsync(stop.Token);
        try
        {
            await node.Process.AnswersAsync(stop.Token).WaitAsync(Patience);
            Assert.True(await node.Upkeep.MakeRoomAsync(default).WaitAsync(Patience));
            await FillAsync(node.Store);
            Assert.True(await node.Upkeep.MakeRoomAsync(default).WaitAsync(Patience));
            await FillAsync(node.Store, prefix: commit => $"{commit}/");
            Assert.False(await node.Upkeep.MakeRoomAsync(default).WaitAsync(Patience));
        }
        finally
        {
            await stop.CancelAsync();
            await running.WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task A_member_without_a_quorum_says_that_it_answers()
    {
        using var stop = new CancellationTokenSource();
        using var others = new CancellationTokenSource();
        var nodes = Nodes("one", "two", "three");
        var running = nodes.ConvertAll(node => node.Process.RunAsync(node == nodes[0] ? stop.Token : others.Token));
        try
        {
            foreach (var node in nodes) await node.Process.AnswersAsync(stop.Token).WaitAsync(Patience);
            await others.CancelAsync();
            await Until.TrueAsync("it knows of no leader", Patience, async () =>
                await Record.ExceptionAsync(() => EtcdRevision.ReadAsync(nodes[0].Store.Channel, default)) is MillException { Error: MillError.NoQuorum });
            Assert.True(await EtcdRevision.ReadHereAsync(nodes[0].Store.Channel, default) > 0);
        }
        finally
        {
            await others.CancelAsync();
            await stop.CancelAsync();
            await Task.WhenAll(running).WaitAsync(Patience);
            foreach (var node in nodes) await node.DisposeAsync();
        }
    }

    private static async Task<Node> LeaderAsync(List<Node> nodes)
    {
        Node? leader = null;
        await Until.TrueAsync("a member leads", Patience, async () =>
        {
            foreach (var node in nodes)
            {
                if ((await node.StatusAsync()).IsLeader) leader = node;
            }
            return leader is not null;
        });
        return leader!;
    }

    /// <summary>The same keys over and over, or others each time. Other members may say that they are full while this one does not yet.</summary>
    private static async Task FillAsync(EtcdStateStore store, Func<int, string>? prefix = null)
    {
        var failure = await Assert.ThrowsAsync<MillException>(async () =>
        {
            for (var commit = 0; ; commit++)
            {
                var expected = (await store.FindAsync("0", default))?.Revision ?? 0;
                var value = RandomNumberGenerator.GetBytes(1 << 20);
                await store.CommitAsync(new([new("0", expected)], [new("0", value), .. Enumerable.Range(1, 6).Select(key => new StoreWrite($"{prefix?.Invoke(commit)}{key}", value))]), default);
            }
        });
        Assert.Equal(MillError.StorageFull, failure.Error);
    }

    private List<Node> Nodes(params string[] names)
    {
        var ports = EtcdServer.FreePorts(names.Length * 2);
        var cluster = names.Select((name, i) => (name, new Uri($"http://127.0.0.1:{ports[i + names.Length]}"))).ToDictionary();
        var nodes = new List<Node>();
        foreach (var (i, name) in names.Index())
        {
            nodes.Add(new(
                new()
                {
                    Name = name,
                    DataDirectory = Path.Combine(_directory.FullName, name),
                    LogFile = Path.Combine(_directory.FullName, $"{name}.log"),
                    Address = IPAddress.Loopback,
                    ClientPort = ports[i],
                    PeerPort = ports[i + names.Length],
                    InitialCluster = cluster,
                    QuotaBytes = Quota,
                },
                self => nodes.Where(node => node != self)));
        }
        return nodes;
    }

    /// <summary>What Mill has of etcd on one machine.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly EtcdProcessOptions _options;
        private readonly EtcdEngine _engine;

        public Node(EtcdProcessOptions options, Func<Node, IEnumerable<Node>> others)
        {
            _options = options;
            Process = new(options, TimeProvider.System, NullLogger<EtcdProcess>.Instance);
            Store = new(EtcdOptions.At(options), TimeProvider.System);
            var neighbours = new EtcdNeighbours(
                async _ => await Task.WhenAll(others(this).Select(node => node.SpaceAsync())), static () => false, static _ => Task.CompletedTask);
            var own = new OwnEtcdMember(options.Name, options.DataDirectory, neighbours);
            Upkeep = new(Store, new() { Own = own, QuotaBytes = Quota, IntervalWhenFull = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, NullLogger<EtcdUpkeep>.Instance);
            _engine = new(Store.Members, options.ClientUrl, Upkeep);
        }

        public EtcdProcess Process { get; }

        public EtcdStateStore Store { get; }

        public EtcdUpkeep Upkeep { get; }

        public Task<EtcdMemberStatus> StatusAsync() => Store.Members.ReadStatusAsync(_options.ClientUrl, default);

        public async ValueTask DisposeAsync()
        {
            Upkeep.Dispose();
            await Store.DisposeAsync();
        }

        private async Task<MemberSpace?> SpaceAsync()
        {
            var status = await _engine.GetStatusAsync(default);
            if (status.Defragmentation is Defragmentation.Running) return new(0, 0, 0, Leads: false, Defragmentation.Running);
            if (status is not { MemberId: { } id, DatabaseBytes: { } bytes }) return null;
            return new(ulong.Parse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture), bytes, Quota, status.State is EngineState.Leader, status.Defragmentation);
        }
    }
}
