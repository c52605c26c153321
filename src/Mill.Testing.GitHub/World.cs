namespace Mill.Testing.GitHub;

/// <summary>All that is there, behind one lock. What is due by the clock is done before anybody looks.</summary>
internal sealed class World(FakeGitHubOptions options)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Action<DateTimeOffset>, (DateTimeOffset Due, long Number)> _due = new();
    private long _lastId = 1_000;
    private bool _isCatchingUp;

    public FakeGitHubOptions Options => options;

    public DateTimeOffset Now => options.Time.GetUtcNow();

    /// <summary>How far lists lag behind.</summary>
    public TimeSpan ListDelay { get; set; }

    public List<FakeOwner> Owners { get; } = [];

    public IEnumerable<FakeRepository> Repositories => Owners.SelectMany(owner => owner.Repositories);

    public List<FakeApp> Apps { get; } = [];

    public Dictionary<string, FakeToken> Tokens { get; } = new(StringComparer.Ordinal);

    public List<FakeRun> Runs { get; } = [];

    public List<FakeDispatch> Dispatches { get; } = [];

    public long NextId() => Interlocked.Increment(ref _lastId);

    public T Do<T>(Func<T> work)
    {
        lock (_gate)
        {
            CatchUp();
            return work();
        }
    }

    public void Do(Action work) => Do(() =>
    {
        work();
        return true;
    });

    /// <summary>To be called within the lock. The action is told when it was due, which is earlier than when it is done.</summary>
    public void At(DateTimeOffset due, Action<DateTimeOffset> action) => _due.Enqueue(action, (due, NextId()));

    public FakeOwner? FindOwner(string login) => Owners.Find(owner => StringComparer.OrdinalIgnoreCase.Equals(owner.Login, login));

    private void CatchUp()
    {
        if (_isCatchingUp) return; // an action looks at something: what is due after it waits until it is done
        _isCatchingUp = true;
        try
        {
            while (_due.TryPeek(out var action, out var key) && key.Due <= Now)
            {
                _due.Dequeue();
                action(key.Due);
            }
        }
        finally
        {
            _isCatchingUp = false;
        }
    }
}
