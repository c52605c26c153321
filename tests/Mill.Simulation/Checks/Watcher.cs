using System.Collections.Concurrent;
using Mill.Core.Access;
using Mill.Core.Ports;
using Mill.Simulation.Model;

namespace Mill.Simulation.Checks;

/// <summary>
/// A client that follows the names of a tenant and keeps its own view of them. It may go away and come back where it stopped; its view must always be
/// what the model says of the revision it has come to.
/// </summary>
internal sealed class Watcher(ModelHistory model, Caller caller, Action stirred) : IDisposable
{
    private readonly ConcurrentQueue<WatchStep> _steps = new();
    private SortedDictionary<string, int> _view = new(StringComparer.Ordinal);
    private CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private long _arrived;

    public long Revision { get; private set; } = -1;

    public bool IsFollowing { get; private set; }

    public int Events { get; private set; }

    /// <summary>The latest revision that came in, looked at or not.</summary>
    public long Arrived => Volatile.Read(ref _arrived);

    /// <summary>Begins at a revision, or goes on where it stopped.</summary>
    public void Start(IVault vault, long revision)
    {
        if (Revision < 0) Relist(revision);
        (_stop, IsFollowing, _arrived) = (new(), true, Revision);
        var steps = vault.WatchAsync(caller, "", Revision, _stop.Token).GetAsyncEnumerator(_stop.Token);
        // The first step is asked for here, so that the place it starts from is fixed before anything else happens.
        _following = FollowAsync(steps, steps.MoveNextAsync());
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
        IsFollowing = false;
        _steps.Clear();
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>Takes in what has come, and checks every step.</summary>
    /// <param name="mayReset">True where the server had reason to read everything again.</param>
    public void Drain(bool mayReset)
    {
        while (_steps.TryDequeue(out var step))
        {
            if (step.Events is [{ Kind: SecretEventKind.Reset }])
            {
                Violation.Unless(mayReset, $"a watcher was reset at {step.Revision} for no reason");
                Relist(step.Revision);
                continue;
            }
            Violation.Unless(step.Revision > Revision, $"a watcher at {Revision} was given {step.Revision}");
            foreach (var change in step.Events) Take(change);
            Revision = step.Revision;
            RequireView();
        }
    }

    private void Take(SecretEvent change)
    {
        Events++;
        var has = _view.TryGetValue(change.Name, out var version);
        var fits = change.Kind switch
        {
            SecretEventKind.Added => !has,
            SecretEventKind.Rotated => has && change.Version > version,
            SecretEventKind.Removed => has,
            _ => false,
        };
        Violation.Unless(fits, $"a watcher that knows {change.Name} as {(has ? version : null)} was told {change}");
        if (change.Kind is SecretEventKind.Removed) _view.Remove(change.Name);
        else _view[change.Name] = change.Version;
    }

    private void RequireView()
    {
        var expected = model.At(Revision).Existing(caller.Tenant).ToList();
        Violation.Unless(expected.SequenceEqual(_view.Select(pair => (pair.Key, pair.Value))),
            $"at revision {Revision} a watcher of {caller.Tenant} knows {string.Join(' ', _view)}, but there is {string.Join(' ', expected)}");
    }

    private void Relist(long revision)
    {
        Revision = revision;
        _view = new(model.At(revision).Existing(caller.Tenant).ToDictionary(pair => pair.Name, pair => pair.Version), StringComparer.Ordinal);
    }

    private async Task FollowAsync(IAsyncEnumerator<WatchStep> steps, ValueTask<bool> first)
    {
        try
        {
            for (var more = await first; more; more = await steps.MoveNextAsync())
            {
                _steps.Enqueue(steps.Current);
                Volatile.Write(ref _arrived, steps.Current.Revision);
                stirred();
            }
        }
        catch (OperationCanceledException)
        {
            // It was told to stop.
        }
        finally
        {
            await steps.DisposeAsync();
        }
    }
}
