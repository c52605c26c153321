using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing.Histories;
using Mill.Tests.Core;
using Mill.Tests.Vault;
using Mill.Vault;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Tests.State.Replica.Fixture;

/// <summary>Clients that use the vaults of a cluster's nodes at random, and write down what they were told.</summary>
internal sealed class RecordedClients(TestCluster cluster, int seed)
{
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly Dictionary<NodeId, VaultHost> _vaults = cluster.Nodes.ToDictionary(
        node => node.Id, node => new VaultHost(new(Sealing.KeyText(), null), node.State, node.Store, node.State, cluster.Time, NullLoggerFactory.Instance));

    private readonly ConcurrentQueue<Operation> _history = new();
    private long _clock;
    private int _values;

    public IReadOnlyList<Operation> History => [.. _history];

    public async Task StartAsync()
    {
        var leader = await cluster.LeaderAsync();
        await _vaults[leader.Id].StartAsync(makeKeyFile: false, default);
        foreach (var vault in _vaults.Values) await cluster.UntilAsync(vault.StartAsync(makeKeyFile: false, default));
    }

    public async Task RunAsync(int client, int count)
    {
        var random = new Random((seed * 100) + client);
        for (var i = 0; i < count; i++)
        {
            var call = ACall(random);
            var leaders = cluster.Nodes.Where(node => node.State.IsLeader).ToList();
            var node = call.IsWrite && leaders.Count > 0 ? leaders[random.Next(leaders.Count)] : cluster.Nodes[random.Next(cluster.Nodes.Count)];
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300)), cluster.Time);
            await RecordAsync(client, call, node, random.Next(3) == 0 ? ReadLevel.Quorum : ReadLevel.Linearizable);
        }
    }

    public async Task RecordAsync(int client, SecretCall call, TestNode node, ReadLevel level)
    {
        var invoked = Interlocked.Increment(ref _clock);
        SecretAnswer? answer;
        try
        {
            answer = await SendAsync(_vaults[node.Id].Vault, call, level);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            answer = new SecretAnswer.NotFound();
        }
        catch (MillException e) when (e.Error is MillError.PreconditionFailed)
        {
            answer = new SecretAnswer.PreconditionFailed(e.CurrentVersion);
        }
        catch (MillException e) when (call.IsWrite && e.Error is MillError.OutcomeUnknown)
        {
            answer = null;
        }
        catch (MillException e) when (e.Error is MillError.NoLeader or MillError.NoQuorum or MillError.NotReady or MillError.StorageUnavailable or MillError.OutcomeUnknown)
        {
            return; // nothing was read, or nothing was written: that is what these say
        }
        _history.Enqueue(new(client, call, answer, invoked, answer is null ? Operation.Never : Interlocked.Increment(ref _clock)));
    }

    private SecretCall ACall(Random random)
    {
        var name = Names[random.Next(Names.Length)];
        return random.Next(12) switch
        {
            < 3 => new SecretCall.Set(name, Value(), Condition.Always),
            3 => new SecretCall.Set(name, Value(), Condition.Absent),
            4 => new SecretCall.Set(name, Value(), Condition.Version(random.Next(1, 20))),
            5 => new SecretCall.Delete(name, Condition.Always),
            6 => new SecretCall.Transact([.. Names.Where(other => other != name).Select(other => new Change(other, Value(), Condition.Always))]),
            7 => new SecretCall.GetVersion(name, random.Next(1, 12)),
            _ => new SecretCall.Get(name),
        };
    }

    private string Value() => $"v{Interlocked.Increment(ref _values)}";

    private static async Task<SecretAnswer> SendAsync(IVault vault, SecretCall call, ReadLevel level)
    {
        var caller = Samples.Caller();
        var context = new WriteContext("r");
        switch (call)
        {
            case SecretCall.Set set:
                {
                    using var value = SecretValue.FromText(set.Value);
                    var precondition = new WritePrecondition(set.Condition.IfAbsent, set.Condition.IfVersion);
                    var written = (await vault.SetAsync(caller, new(SecretName.Parse(set.Name), value, ValueKind.Text, precondition), context, default)).Answer;
                    return new SecretAnswer.Written(written.Version, written.ValidFrom, written.Changed, written.Created);
                }
            case SecretCall.Delete delete:
                await vault.DeleteAsync(caller, new(SecretName.Parse(delete.Name)), context, default);
                return new SecretAnswer.Deleted();
            case SecretCall.Transact transact:
                {
                    var operations = transact.Changes.Select(change => new TransactionOperation(SecretName.Parse(change.Name), SecretValue.FromText(change.Value!), ValueKind.Text)).ToList();
                    var done = (await vault.TransactAsync(caller, new(operations), context, default)).Answer;
                    return new SecretAnswer.Committed([.. done.Results.Select(result => new ChangeAnswer(result.Version, result.Changed))], done.ValidFrom);
                }
            default:
                {
                    var number = (call as SecretCall.GetVersion)?.Version;
                    using var reading = (await vault.ReadAsync(caller, new(SecretName.Parse(call.Names.Single()), number, Level: level), default)).Answer;
                    var seen = reading.Version;
                    return new SecretAnswer.Found(
                        new(seen.Version, RecordTexts.Of(seen.State), seen.ValidFrom.Microseconds, seen.ValidTo?.Microseconds), reading.Value.Reveal(Encoding.UTF8.GetString));
                }
        }
    }
}
