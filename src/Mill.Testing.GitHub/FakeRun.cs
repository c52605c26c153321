namespace Mill.Testing.GitHub;

/// <summary>A run of a workflow.</summary>
public sealed class FakeRun
{
    private readonly World _world;
    private readonly List<(DateTimeOffset At, string Status, string? Conclusion)> _history = [];

    internal FakeRun(World world, FakeRepository repository, FakeWorkflow workflow, string title, int number)
    {
        (_world, Repository, Workflow, Title, Number, Id) = (world, repository, workflow, title, number, world.NextId());
    }

    public long Id { get; }

    public FakeRepository Repository { get; }

    public FakeWorkflow Workflow { get; }

    /// <summary>What <c>run-name</c> came to; without one the type of the event.</summary>
    public string Title { get; }

    /// <summary>Of the runs of its repository.</summary>
    public int Number { get; }

    /// <summary><c>queued</c>, <c>in_progress</c> or <c>completed</c>; null before it is there.</summary>
    public string? Status => At(_world.Now)?.Status;

    /// <summary>Null before it is over.</summary>
    public string? Conclusion => At(_world.Now)?.Conclusion;

    /// <summary>Null before it is there.</summary>
    public DateTimeOffset? CreatedAt => _world.Do<DateTimeOffset?>(() => _history is [var first, ..] ? first.At : null);

    /// <summary>Null where it was not there yet.</summary>
    internal (DateTimeOffset At, string Status, string? Conclusion)? At(DateTimeOffset time) =>
        _world.Do<(DateTimeOffset, string, string?)?>(() => _history.FindLast(entry => entry.At <= time) is { Status: not null } found ? found : null);

    internal void Become(string status, string? conclusion, DateTimeOffset at) => _history.Add((at, status, conclusion));
}
