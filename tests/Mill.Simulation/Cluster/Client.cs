using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Testing.Histories;

namespace Mill.Simulation.Cluster;

/// <summary>One client: asks any node for something, thinks about the answer, and asks again.</summary>
internal sealed class Client(SimulatedCluster cluster, Recorder recorder, Weather weather, int number, int seed)
{
    private const int Repeats = 3;

    private static readonly string[] Names = ["a", "b", "c"];

    private readonly Random _random = new((seed * 31) + number);
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly List<SecretCall.GetAt> _asked = [];
    private int _values;
    private int _keys;

    public static IEnumerable<string> AllNames => Names;

    /// <summary>The questions about moments that were answered.</summary>
    public IReadOnlyList<SecretCall.GetAt> Asked => _asked;

    public async Task RunAsync(int requests)
    {
        World.Actor.Value = $"client {number}";
        for (var i = 0; i < requests; i++)
        {
            await PassAsync(weather.Thought);
            var process = AProcess();
            if (_random.Next(16) == 0) await recorder.ListAsync(number, process, ALevel());
            else await AskAsync(ACall(process), process);
        }
    }

    private async Task AskAsync(SecretCall call, SimulatedProcess process)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var patience = new CancellationTokenSource();
            if (_random.Next(12) == 0) _ = GiveUpAsync(patience);
            var answer = await recorder.AskAsync(number, process, call, ALevel(), patience.Token);
            Learn(call, answer);
            // With a key, whoever does not know asks again; and some who do know, too.
            if (call.Key is null || attempt == Repeats || (answer is not null && _random.Next(5) > 0)) return;
            await PassAsync(1_500);
            process = AProcess();
        }
    }

    private async Task GiveUpAsync(CancellationTokenSource patience)
    {
        await PassAsync(400);
        try
        {
            await patience.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The answer was there before.
        }
    }

    private Task PassAsync(double milliseconds) => cluster.World.PassAsync($"client {number}", TimeSpan.FromMilliseconds(_random.NextDouble() * milliseconds));

    private SimulatedProcess AProcess()
    {
        var running = cluster.Nodes.Where(node => node.IsRunning).ToList();
        return (running.Count > 0 ? running[_random.Next(running.Count)] : cluster.Nodes[0]).Process;
    }

    private ReadLevel ALevel() => _random.Next(4) == 0 ? ReadLevel.Quorum : ReadLevel.Linearizable;

    private SecretCall ACall(SimulatedProcess process)
    {
        var name = Names[_random.Next(Names.Length)];
        return _random.Next(24) switch
        {
            < 9 => new SecretCall.Set(name, AValue(), ACondition(name), _random.Next(6) == 0) { Key = AKey() },
            9 => new SecretCall.Delete(name, _random.Next(2) == 0 ? Condition.Always : Condition.Version(AVersion(name))) { Key = AKey() },
            < 12 => new SecretCall.Transact([.. Names.Where(_ => _random.Next(3) > 0).DefaultIfEmpty(name).Select(AChange)]) { Key = AKey() },
            12 => new SecretCall.GetVersion(name, AVersion(name)),
            13 => new SecretCall.History(name, _random.Next(1, 6)),
            < 17 => new SecretCall.GetAt(name, AMoment(process)),
            _ => new SecretCall.Get(name),
        };
    }

    private Change AChange(string name) => _random.Next(6) == 0 ? new(name, null, Condition.Always) : new(name, AValue(), ACondition(name));

    private Condition ACondition(string name) => _random.Next(6) switch
    {
        0 => Condition.Absent,
        1 => Condition.Version(AVersion(name)),
        _ => Condition.Always,
    };

    /// <summary>Most often the latest that this client knows of.</summary>
    private int AVersion(string name) => Math.Max(1, _known.GetValueOrDefault(name) + (_random.Next(3) == 0 ? _random.Next(-2, 2) : 0));

    /// <summary>Most are new; some are as they were, so that nothing changes.</summary>
    private string AValue() => _random.Next(4) == 0 ? $"same {_random.Next(2)}" : $"v{number}-{++_values}";

    private string? AKey() => _random.Next(3) == 0 ? _random.Next(30) == 0 && _keys > 0 ? $"k{number}-{_keys}" : $"k{number}-{++_keys}" : null;

    /// <summary>Just now by the clock of the node that is asked, a little before, or a moment that was asked about before.</summary>
    private long AMoment(SimulatedProcess process)
    {
        if (_asked.Count > 0 && _random.Next(3) == 0) return _asked[_random.Next(_asked.Count)].Moment;
        var now = Timestamp.From(process.Time.GetUtcNow());
        return now.Microseconds - (_random.Next(3) == 0 ? 0 : _random.Next(3_000_000));
    }

    private void Learn(SecretCall call, SecretAnswer? answer)
    {
        switch (call, answer)
        {
            case (SecretCall.Set set, SecretAnswer.Written written): _known[set.Name] = written.Version; break;
            case (SecretCall.Get get, SecretAnswer.Found found): _known[get.Name] = found.Version.Number; break;
            case (SecretCall.GetAt at, SecretAnswer.Found or SecretAnswer.NotFound): _asked.Add(at); break;
            default: break;
        }
    }
}
