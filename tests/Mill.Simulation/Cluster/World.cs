namespace Mill.Simulation.Cluster;

/// <summary>
/// One simulated world: its time, its dice, and what happens next. One event is executed after another; what an event sets going comes to rest before the next
/// (<see cref="SeedProcess"/>). What is asked of the world meanwhile is dealt with afterwards, sorted.
/// </summary>
internal sealed class World(int seed)
{
    private static readonly long Jitter = TimeSpan.FromMilliseconds(2).Ticks;

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Happening, (long At, long Number)> _coming = new();
    private List<Request> _requests = [];
    private long _numbers;

    /// <summary>Who is at work: what one client sets going is told apart from what another does at the same moment.</summary>
    public static AsyncLocal<string?> Actor { get; } = new();

    /// <summary>Only for what is done within events.</summary>
    public Random Random { get; } = new(seed);

    public Tally Tally { get; } = new();

    /// <summary>In ticks since the world began.</summary>
    public long Now { get; private set; }

    /// <summary>How many events there were. A reading of it is a moment that everybody agrees on.</summary>
    public long Step { get; private set; }

    /// <summary>From now on nothing goes wrong any more.</summary>
    public bool IsCalm { get; set; }

    /// <summary>Something that happens at a time.</summary>
    /// <param name="of">The process that it happens to: nothing happens to one that is dead, and what happens to one that is stopped happens once it goes on.</param>
    public void At(long time, Action happen, Life? of = null, Func<bool>? isDue = null)
    {
        lock (_lock) _coming.Enqueue(new(happen, of, isDue), (Math.Max(time, Now), ++_numbers));
    }

    /// <summary>Asks for something, from any thread. It is granted when all is at rest.</summary>
    /// <param name="text">What it is: what is asked for at the same time is sorted by it.</param>
    public void Ask(string text, Life? from, Action grant)
    {
        lock (_lock) _requests.Add(new(text, Actor.Value ?? "", from, grant));
    }

    /// <summary>Lets time pass.</summary>
    public Task PassAsync(string who, TimeSpan time)
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Ask($"{who} waits", from: null, () => At(Now + time.Ticks, passed.SetResult));
        return passed.Task;
    }

    public TimeSpan Between(double fromMilliseconds, double toMilliseconds) =>
        TimeSpan.FromMilliseconds(fromMilliseconds + (Random.NextDouble() * (toMilliseconds - fromMilliseconds)));

    public bool Chance(double probability) => probability > 0 && Random.NextDouble() < probability;

    /// <summary>Executes the next event. False where nothing is left to happen.</summary>
    public bool TryStep()
    {
        while (TryNext(out var next))
        {
            if (next.Of is { IsDead: true } || next.IsDue?.Invoke() is false) continue;
            if (next.Of is { } life && life.ResumesAt > Now)
            {
                // A process that was stopped for a while gets all that came meanwhile at once, in any order.
                At(life.ResumesAt + Random.NextInt64(Jitter), next.Happen, life, next.IsDue);
                continue;
            }
            Step++;
            next.Happen();
            return true;
        }
        return false;
    }

    /// <summary>Grants what was asked for since the last event.</summary>
    public void Settle()
    {
        while (TakeRequests() is { Count: > 0 } requests)
        {
            foreach (var request in requests.OrderBy(request => request.Text, StringComparer.Ordinal).ThenBy(request => request.Actor, StringComparer.Ordinal))
            {
                if (request.From is { IsDead: true }) continue;
                Tally.Note($"{Step} {Now} {request.Text}");
                request.Grant();
            }
        }
    }

    private bool TryNext(out Happening next)
    {
        lock (_lock)
        {
            if (!_coming.TryDequeue(out next, out var when)) return false;
            Now = Math.Max(Now, when.At);
            return true;
        }
    }

    private List<Request> TakeRequests()
    {
        lock (_lock)
        {
            var requests = _requests;
            _requests = [];
            return requests;
        }
    }

    private readonly record struct Happening(Action Happen, Life? Of, Func<bool>? IsDue);

    private readonly record struct Request(string Text, string Actor, Life? From, Action Grant);
}
