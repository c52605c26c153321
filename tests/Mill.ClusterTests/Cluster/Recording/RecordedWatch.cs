using System.Globalization;
using Mill.Client;
using Mill.Client.Watching;
using Mill.ClusterTests.Cluster.Rig;
using Mill.Secrets;
using Mill.Testing.Histories;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>
/// Somebody who follows the changes below a prefix through one node, over as many connections as it takes, from a moment at which there was nothing yet. Where the server says that events were missed
/// for good, everything is listed anew, and followed from there.
/// </summary>
internal sealed class RecordedWatch : IAsyncDisposable
{
    private const int MostNames = 1000; // of a page

    /// <summary>Well below the time after which the server sends a position.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly MillClient _client;
    private readonly NodeApi _api;
    private readonly string _prefix;
    private readonly List<WatchedPart> _before = []; // what was seen before each reset
    private readonly List<WatchedEvent> _events = [];
    private readonly List<SecretEvent> _incomplete = []; // of a revision that may go on
    private readonly HashSet<(SecretEventKind, string, int)> _told = []; // what may be told again after a connection that broke in the middle of a revision
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private Dictionary<string, int> _start = [];
    private long _revision;
    private long _last = TimeProvider.System.GetTimestamp();
    private bool _isFirst = true;

    private RecordedWatch(RigNode node, ClusterAccess access, string prefix)
    {
        (Node, _prefix, _client, _api) = (node, prefix, node.Client(access), new(node.Url, access.Authority, access.Token));
        _running = RunAsync();
    }

    public RigNode Node { get; }

    /// <summary>True where the server refused to go on: the node does not belong to the cluster any more.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>How often the server said that events were missed for good.</summary>
    public int Resets { get; private set; }

    /// <summary>Connections that were lost.</summary>
    public int Losses { get; private set; }

    public static async Task<RecordedWatch> StartAsync(RigNode node, ClusterAccess access, string prefix)
    {
        var watch = new RecordedWatch(node, access, prefix);
        await await Task.WhenAny(watch._connected.Task, watch._running);
        return watch;
    }

    /// <summary>Whether it knows of a secret: it was told of it, or found it in a list.</summary>
    public bool HasSeen(string name)
    {
        lock (_events) return _start.ContainsKey(name) || _events.Exists(told => told.Name == name) || _incomplete.Exists(told => told.Name == name);
    }

    /// <summary>What was seen from the beginning to the first reset, from there to the next, and so on; the last part is the present one.</summary>
    public IReadOnlyList<WatchedPart> Parts()
    {
        lock (_events) return [.. _before, Part()];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        _api.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            for (string? from = null; ; from = await ReloadAsync())
            {
                await FollowAsync(from);
                Resets++;
            }
        }
        catch (MillException) when (_connected.Task.IsCompleted)
        {
            HasEnded = true;
        }
    }

    /// <summary>Returns where events were missed for good.</summary>
    private async Task FollowAsync(string? from)
    {
        while (true)
        {
            try
            {
                await foreach (var told in _client.WatchAsync(_prefix, from, Notice, _stop.Token))
                {
                    if (told.Kind is SecretEventKind.Reset) return;
                    lock (_events) Take(told);
                }
            }
            catch (MillException e) when (from is not null && e.IsTransient)
            {
                // Where it begins anew, it may be a bad moment only; later ones it lives through by itself.
                await Task.Delay(Rest, TimeProvider.System, _stop.Token);
            }
        }
    }

    /// <summary>Lists everything, as soon as that is answered, and begins anew with it. Returns where to go on.</summary>
    private async Task<string> ReloadAsync()
    {
        while (true)
        {
            try
            {
                var reply = await _api.SendAsync(HttpMethod.Get, $"/v1/secrets?prefix={Uri.EscapeDataString(_prefix)}&limit={MostNames}").WaitAsync(_stop.Token);
                if (reply is { Status: 200, Revision: { } revision, Reply.Body: { } page })
                {
                    Xunit.Assert.Null(page["next"]);
                    var names = page["secrets"]!.AsArray().ToDictionary(item => item!["name"]!.GetValue<string>(), item => item!["version"]!.GetValue<int>(), StringComparer.Ordinal);
                    lock (_events) Begin(names, revision);
                    return revision.ToString(CultureInfo.InvariantCulture);
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
            {
                // The node is on its way.
            }
            await Task.Delay(Rest, TimeProvider.System, _stop.Token);
        }
    }

    private void Begin(Dictionary<string, int> names, long revision)
    {
        _before.Add(Part());
        (_start, _revision, _isFirst, _last) = (names, revision, true, TimeProvider.System.GetTimestamp());
        _events.Clear();
        _incomplete.Clear();
        _told.Clear();
    }

    private WatchedPart Part() => new(_start, [.. _events, .. _incomplete.Select(told => ToWatched(told, (_events.LastOrDefault()?.Revision ?? 0) + 1))]);

    private void Notice(WatchState state)
    {
        if (state is WatchState.Connected)
        {
            _connected.TrySetResult();
            return;
        }
        Losses++;
        lock (_events)
        {
            _told.UnionWith(_incomplete.Select(Name));
            _isFirst = true;
        }
    }

    /// <summary>
    /// Only the last event of a revision carries its id; those before it, the id of what came before. That may be a position without an event, at the beginning or after some silence: then
    /// nobody can tell whether the revision goes on, and two are taken for one.
    /// </summary>
    private void Take(SecretEvent told)
    {
        if (_told.Remove(Name(told))) return;
        if (TimeProvider.System.GetElapsedTime(_last) > Silence) _isFirst = true;
        _last = TimeProvider.System.GetTimestamp();
        _incomplete.Add(told);
        var revision = told.Id is { } id ? long.Parse(id, CultureInfo.InvariantCulture) : 0;
        if (revision <= _revision) return;
        _revision = revision;
        if (_isFirst)
        {
            _isFirst = false;
            return;
        }
        _events.AddRange(_incomplete.Select(part => ToWatched(part, revision)));
        _incomplete.Clear();
    }

    private static (SecretEventKind, string, int) Name(SecretEvent told) => (told.Kind, told.Name, told.Version);

    private static WatchedEvent ToWatched(SecretEvent told, long revision) => new(
        told.Kind switch { SecretEventKind.Added => WatchedKind.Added, SecretEventKind.Rotated => WatchedKind.Rotated, _ => WatchedKind.Removed }, told.Name, told.Version, revision);
}

/// <summary>What somebody saw without a break.</summary>
/// <param name="Start">The names and current versions at the beginning.</param>
internal sealed record WatchedPart(IReadOnlyDictionary<string, int> Start, IReadOnlyList<WatchedEvent> Events);
