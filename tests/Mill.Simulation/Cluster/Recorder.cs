using System.Collections.Concurrent;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing.Histories;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Simulation.Cluster;

/// <summary>A list as somebody was shown it, and between which moments.</summary>
internal sealed record SeenList(long Invoked, long Responded, long Revision, IReadOnlyDictionary<string, int> Names);

/// <summary>Writes down what clients ask and what they are told.</summary>
internal sealed class Recorder(World world)
{
    private const int WholeList = 1000;

    private readonly ConcurrentQueue<Operation> _history = new();
    private readonly ConcurrentQueue<SeenList> _lists = new();

    public IReadOnlyCollection<Operation> History => _history;

    public IReadOnlyCollection<SeenList> Lists => _lists;

    /// <summary>Asks, and returns the answer; null where nothing became of it, or nobody knows what.</summary>
    public async Task<SecretAnswer?> AskAsync(int client, SimulatedProcess process, SecretCall call, ReadLevel level, CancellationToken cancellationToken)
    {
        var invoked = Before;
        var (answer, failure) = await TryAsync(process, () => ClientRequests.SendAsync(process, call, level, $"r{client}-{invoked}", cancellationToken));
        var isUnknown = answer is null && call.IsWrite && failure is null or MillError.OutcomeUnknown;
        world.Ask($"client {client} at {process.Life}: {call} -> {answer?.ToString() ?? $"{failure}"}", from: null, () => world.Tally.Count(answer?.GetType().Name ?? $"!{failure}"));
        if (answer is not null || isUnknown) _history.Enqueue(new(client, call, answer, invoked, answer is null ? Operation.Never : After));
        return answer;
    }

    /// <summary>Asks for all names. To the model, each of them is a history of which somebody looks at the newest version.</summary>
    public async Task ListAsync(int client, SimulatedProcess process, ReadLevel level)
    {
        var invoked = Before;
        var (page, failure) = await TryAsync(process, async () =>
        {
            var (found, revision) = await process.Vault.ListAsync(ClientRequests.Caller, new(Limit: WholeList, Level: level), CancellationToken.None);
            return new Page(revision, found.Secrets);
        });
        world.Ask($"client {client} at {process.Life}: list -> {page?.Revision}", from: null, () => world.Tally.Count(page is null ? $"!{failure}" : "list"));
        if (page is null) return;
        var list = new SeenList(invoked, After, page.Revision, page.Secrets.ToDictionary(version => version.Name.Value, version => version.Version));
        _lists.Enqueue(list);
        foreach (var version in page.Secrets)
            _history.Enqueue(new(client, new SecretCall.History(version.Name.Value, Limit: 1), new SecretAnswer.Versions([ClientRequests.See(version)]), invoked, list.Responded));
    }

    // What is answered in an event comes after what is asked in it: the two may have been at once.
    private long Before => world.Step * 2;

    private long After => (world.Step * 2) + 1;

    /// <summary>The answer, or why there is none; neither where the process died, or the client gave up.</summary>
    private static async Task<(T? Answer, MillError? Failure)> TryAsync<T>(SimulatedProcess process, Func<Task<T>> ask)
        where T : class
    {
        try
        {
            var asking = ask();
            await Task.WhenAny(asking, process.Life.Died);
            if (!asking.IsCompleted) return default;
            var answer = await asking;
            // A process that was stopped meanwhile answers when it goes on.
            await process.Life.TurnAsync("answers");
            return process.Life.IsDead ? default : (answer, null);
        }
        catch (MillException e)
        {
            return (default, e.Error);
        }
        catch (OperationCanceledException)
        {
            return default;
        }
    }

    private sealed record Page(long Revision, IReadOnlyList<VersionInfo> Secrets);
}
