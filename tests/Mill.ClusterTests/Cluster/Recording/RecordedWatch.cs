using System.Globalization;
using Mill.Client;
using Mill.Client.Watching;
using Mill.Secrets;
using Mill.Testing.Histories;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>Somebody who follows the changes below a prefix through one node, over as many connections as it takes, from a moment at which there was nothing yet.</summary>
internal sealed class RecordedWatch : IAsyncDisposable
{
    private readonly MillClient _client;
    private readonly string _prefix;
    private readonly List<WatchedEvent> _events = [];
    private readonly List<SecretEvent> _incomplete = []; // of a revision that goes on: it is told again as a whole where the connection breaks here
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    private RecordedWatch(MillClient client, string prefix)
    {
        (_client, _prefix) = (client, prefix);
        _running = RunAsync();
    }

    /// <summary>True where the server said that events were missed for good.</summary>
    public bool WasReset { get; private set; }

    /// <summary>Connections that were lost.</summary>
    public int Losses { get; private set; }

    public static async Task<RecordedWatch> StartAsync(MillClient client, string prefix)
    {
        var watch = new RecordedWatch(client, prefix);
        await await Task.WhenAny(watch._connected.Task, watch._running);
        return watch;
    }

    public bool HasSeen(string name)
    {
        lock (_events) return _events.Exists(told => told.Name == name) || _incomplete.Exists(told => told.Name == name);
    }

    public IReadOnlyList<WatchedEvent> Events()
    {
        lock (_events) return [.. _events, .. _incomplete.Select(told => ToWatched(told, (_events.LastOrDefault()?.Revision ?? 0) + 1))];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var told in _client.WatchAsync(_prefix, connection: Notice, cancellationToken: _stop.Token))
            {
                if (told.Kind is SecretEventKind.Reset)
                {
                    WasReset = true;
                    return;
                }
                lock (_events) Take(told);
            }
        }
        catch (MillException) when (_connected.Task.IsCompleted)
        {
            WasReset = true; // the node does not belong to the cluster any more
        }
    }

    private void Notice(WatchState state)
    {
        if (state is WatchState.Connected)
        {
            _connected.TrySetResult();
            return;
        }
        Losses++;
        lock (_events) _incomplete.Clear();
    }

    /// <summary>Only the last event of a revision carries its id; those before it, the id of what came before.</summary>
    private void Take(SecretEvent told)
    {
        _incomplete.Add(told);
        var revision = told.Id is { } id ? long.Parse(id, CultureInfo.InvariantCulture) : 0;
        if (revision <= (_events.LastOrDefault()?.Revision ?? 0)) return;
        _events.AddRange(_incomplete.Select(part => ToWatched(part, revision)));
        _incomplete.Clear();
    }

    private static WatchedEvent ToWatched(SecretEvent told, long revision) => new(
        told.Kind switch { SecretEventKind.Added => WatchedKind.Added, SecretEventKind.Rotated => WatchedKind.Rotated, _ => WatchedKind.Removed }, told.Name, told.Version, revision);
}
