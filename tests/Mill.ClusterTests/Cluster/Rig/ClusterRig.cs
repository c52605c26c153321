using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Mill.Client.Contracts;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Processes;
using Mill.Secrets;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>A cluster of real nodes, each on a machine of its own, as far as the network is concerned. Disposing ends everything that was started here, and nothing else.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly Sandbox _sandbox = new();
    private readonly TestNetwork _network;
    private readonly List<RigNode> _all = [];
    private byte _machines;

    static ClusterRig() => HttpClient.DefaultProxy = new System.Net.WebProxy(); // what this process asks for is never behind a proxy

    private ClusterRig(TestNetwork network) => _network = network;

    /// <summary>The members, whether they run or not.</summary>
    public ImmutableArray<RigNode> Nodes { get; private set; } = [];

    public ClusterAccess Access { get; private set; } = null!;

    /// <summary>Below which all is that nodes and command lines leave on a disk.</summary>
    public string Root => _sandbox.Root;

    /// <summary>Where the machines reach this process, and what it starts.</summary>
    public IPAddress Us => _network.Us;

    /// <summary>A network without a cluster yet.</summary>
    public static ClusterRig Create() => new(TestNetwork.Create());

    /// <summary>Starts a cluster of so many nodes, and returns when all of them answer.</summary>
    /// <param name="prepare">Called for every node but the first, before anything of it runs.</param>
    public static async Task<ClusterRig> StartAsync(int nodes, Action<RigNode>? prepare = null)
    {
        var rig = Create();
        try
        {
            await rig.InitAsync();
            for (var i = 1; i < nodes; i++) await rig.JoinAsync(prepare);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Founds a cluster on a machine that nothing ran on yet, in the place of the one before, if there was one.</summary>
    /// <param name="prepare">Called before anything of it runs.</param>
    /// <param name="more">Options of <c>mill init</c>.</param>
    public async Task<RigNode> InitAsync(Action<RigNode>? prepare = null, params string[] more)
    {
        var node = AddMachine();
        prepare?.Invoke(node);
        await FoundAsync(node, more);
        return node;
    }

    /// <summary>As <see cref="InitAsync"/>, on a machine that is there.</summary>
    public Task FoundAsync(RigNode node, params string[] more) => FoundByAsync(node, ["init", .. Place(node), .. more]);

    /// <summary>The same by a whole command.</summary>
    public async Task FoundByAsync(RigNode node, params string[] command)
    {
        node.Launch(command);
        await node.Process.AddressAsync();
        Access = new(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(node.Directory, "ca.crt")), (await File.ReadAllTextAsync(Path.Combine(node.Directory, "operator.token"))).Trim());
        Nodes = [node];
    }

    /// <summary>Starts another node, and returns when it answers.</summary>
    /// <param name="prepare">Called before anything of it runs.</param>
    /// <param name="inspect">Shown the token that is used.</param>
    /// <param name="more">Options of <c>mill join</c>.</param>
    public async Task<RigNode> JoinAsync(Action<RigNode>? prepare = null, Action<string>? inspect = null, params string[] more)
    {
        var node = AddMachine();
        prepare?.Invoke(node);
        var token = await CreateJoinTokenAsync();
        inspect?.Invoke(token);
        node.Environment["MILL_JOIN_TOKEN"] = token;
        node.Launch(["join", Nodes.First(other => other.Answers).Url.Authority, .. Place(node), .. more]);
        await node.Process.AddressAsync();
        node.Environment.Remove("MILL_JOIN_TOKEN");
        Nodes = Nodes.Add(node);
        return node;
    }

    /// <summary>Takes a node out of the cluster, and waits until it has ended by itself.</summary>
    public async Task RemoveAsync(RigNode node)
    {
        using var client = Nodes.First(other => other != node && other.Answers).Client(Access, TimeSpan.FromSeconds(30));
        // Nobody is sent there any more: what it still answers while it learns of this is no fault.
        Forget(node);
        await Until.TrueAsync($"{node} is removed", Patience, async () =>
        {
            try
            {
                await client.RemoveNodeAsync(node.Name);
                return true;
            }
            catch (MillException e) when (e.Error is MillError.NotFound)
            {
                return true;
            }
            catch (MillException e) when (e.IsTransient)
            {
                return false;
            }
        });
        if (node.Runs) await node.Process.ExitAsync();
    }

    /// <summary>Sends nobody there any more: it is no member.</summary>
    public void Forget(RigNode node) => Nodes = Nodes.Remove(node);

    /// <summary>A machine that no node runs on yet.</summary>
    public RigNode AddMachine()
    {
        var number = ++_machines;
        var node = new RigNode($"n{number}", _network.Add(number), _sandbox);
        _all.Add(node);
        return node;
    }

    public async Task<string> CreateJoinTokenAsync(CreateJoinTokenRequest? request = null)
    {
        using var client = (await LeaderAsync()).Client(Access);
        return (await client.CreateJoinTokenAsync(request ?? new())).Token!;
    }

    /// <summary>The options of a new node.</summary>
    public static string[] Place(RigNode node) => ["--advertise", $"{node.Machine.Address}", "--data-dir", node.Directory, "--name", node.Name];

    /// <summary>What the network does between two nodes, in one direction.</summary>
    public void Set(RigNode from, RigNode to, Link link) => _network.Switch.Set(from.Machine.Number, to.Machine.Number, link);

    /// <summary>The node that leads, as soon as one says so of itself.</summary>
    public async Task<RigNode> LeaderAsync()
    {
        RigNode? leader = null;
        await Until.TrueAsync("a node leads", Patience, async () => (leader = await FindLeaderAsync()) is not null);
        return leader!;
    }

    /// <summary>The node that leads, or one that does not.</summary>
    public async Task<RigNode> PickAsync(bool leads, Random random)
    {
        var leader = await LeaderAsync();
        var others = Nodes.Where(node => node != leader && node.Answers).ToList();
        return leads ? leader : others[random.Next(others.Count)];
    }

    /// <summary>Null where none is known just now.</summary>
    public async Task<RigNode?> FindLeaderAsync()
    {
        foreach (var node in Nodes.Where(node => node.Answers).ToList())
        {
            try
            {
                using var client = node.Client(Access, TimeSpan.FromSeconds(3));
                var leader = (await client.ListNodesAsync()).Nodes.FirstOrDefault(item => item is { Leader: true, State: "healthy" });
                if (leader is not null && Nodes.FirstOrDefault(other => other.Name == leader.Name) is { Answers: true } found) return found;
            }
            catch (MillException)
            {
                // Another one may know.
            }
        }
        return null;
    }

    /// <summary>Leaves everything where it is, for examination.</summary>
    public string Keep()
    {
        _sandbox.Keep();
        foreach (var node in _all) File.WriteAllText(Path.Combine(_sandbox.Root, $"{node.Name}.stderr"), node.Errors);
        return _sandbox.Root;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_all.Select(node => node.DisposeAsync().AsTask()));
        _network.Dispose();
        _sandbox.Dispose();
    }
}
