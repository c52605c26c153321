using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Checks;
using Mill.Simulation.Model;
using Mill.Simulation.Operations;
using Mill.Testing;

namespace Mill.Simulation;

/// <summary>
/// One run, from one seed. A single thread schedules everything: it sends requests, decides what becomes of each commit, moves the clocks, kills
/// servers, and after each step waits until the code under test has come to rest. <c>Scenario.Steps.cs</c> has what it can do.
/// </summary>
internal sealed partial class Scenario : IDisposable
{
    private const int ChaosSteps = 160;
    private const int PatienceSteps = 400;

    private readonly Random _random;
    private readonly Stillness _stillness = new();
    private readonly SimulatedClock _clock;
    private readonly MutatedStore _store;
    private readonly Mutation _mutation;
    private readonly ModelHistory _model = new();
    private readonly Workload _workload;
    private readonly ReadCheck _reads;
    private readonly Promises _promises = new();
    private readonly List<Watcher> _watchers;
    private readonly List<Operation> _outstanding = [];
    private readonly Decisions _decisions = new();

    /// <summary>What was not answered yet when the pipeline came to the gate with what it had decided.</summary>
    private (List<Operation> Waiting, IReadOnlyList<Operation> Decided) _batch = ([], []);
    private Server _server = null!;
    private int _unavailableFor;

    /// <summary>The latest moment that an earlier server answered for.</summary>

    /// <summary>A watcher that comes back to a new server may be reset.</summary>
    private bool _isNewServer;

    public Scenario(int seed, Mutation mutation = Mutation.None)
    {
        (_random, _mutation) = (new(seed), mutation);
        _clock = new(_stillness.Stir);
        _store = new(new InMemoryStateStore(), mutation);
        _workload = new(_random);
        _reads = new(_model);
        _watchers = [.. _workload.Callers.Take(3).Select(caller => new Watcher(_model, caller, _stillness.Stir))];
    }

    public Tally Tally { get; } = new();

    /// <summary>Throws <see cref="Violation"/> where a promise is broken.</summary>
    public async Task RunAsync()
    {
        await Server.InitializeAsync(_store, _clock);
        _model.Start(await _store.GetRevisionAsync(CancellationToken.None));
        await StartServerAsync();
        for (var step = 0; step < ChaosSteps; step++)
        {
            await StepAsync();
            await RestAsync();
        }
        await CalmAsync();
        await RequireEndAsync();
    }

    public void Dispose()
    {
        _stillness.Dispose();
        foreach (var watcher in _watchers) watcher.Dispose();
    }

    /// <summary>Faults stop: everything that waits must come to an end, in a bounded number of steps.</summary>
    private async Task CalmAsync()
    {
        Tally.Note("calm");
        (_server.Store.IsUnavailable, _unavailableFor) = (false, 0);
        for (var step = 0; _outstanding.Count > 0; step++)
        {
            Violation.Unless(step < PatienceSteps, $"no fault is left, but {_outstanding.Count} requests are never answered");
            if (_server.Store.HasWaiting) await ReleaseAsync(CommitFault.None);
            else _clock.Advance(TimeSpan.FromMilliseconds(100));
            await RestAsync();
        }
    }

    private async Task RequireEndAsync()
    {
        // One more commit, so that a server that is still in doubt reads the store again.
        Send(new SetOperation(int.MaxValue, _workload.Callers[0], SecretName.Parse("end"), "end", default, force: true));
        await RestAsync();
        await CalmAsync();
        foreach (var question in Enumerable.Range(0, _promises.Count).Select(index => _promises[index])) Send(_workload.ReadAt(question.Id, question.Moment));
        await RestAsync();
        await CalmAsync();
        _promises.RequireAll(_model.Latest);
        await CheckWatchersAsync();
        foreach (var watcher in _watchers.Where(watcher => watcher.IsFollowing)) await watcher.StopAsync();
        var stored = await StoreAgainstModel.RequireAsync(_store, _model.Latest, _clock);
        StoreAgainstModel.RequireSame(stored, await _server.State.ReadAsync(CancellationToken.None));
        await StoreAgainstModel.RequireValuesAsync(_server.Vault, _model.Latest);
        await _server.DisposeAsync();
    }

    private async Task StartServerAsync()
    {
        await RequireStoreAsync();
        var store = new GatedStore(_store, _clock, Arrived) { Applied = Apply };
        _server = await Server.StartAsync(store, _clock, _mutation, _decisions);
        (_batch, _unavailableFor) = (([], []), 0);
    }

    /// <summary>A batch with nothing but its head record settles a moment; whatever else was decided with it changed nothing.</summary>
    private void Apply(StoreTransaction transaction, long revision) => _model.Apply(transaction, revision, transaction.Writes.Count == 1 ? [] : _decisions.Current);

    private async Task RequireStoreAsync() => await StoreAgainstModel.RequireAsync(_store, _model.Latest, _clock);

    private void Send(Operation operation)
    {
        Tally.Note($"{operation}", operation.GetType().Name);
        TrackedState.Sending.Value = operation;
        operation.Send(_server.Vault, _stillness.Stir);
        _outstanding.Add(operation);
    }

    /// <summary>Waits until nothing moves by itself any more, and looks at every answer that came.</summary>
    private async Task RestAsync()
    {
        await _stillness.UntilAsync(IsAtRest, () => string.Join("; ", _outstanding));
        var answered = _outstanding.Where(operation => operation.Sent!.IsCompleted).ToList();
        _outstanding.RemoveAll(answered.Contains);
        foreach (var operation in answered) TakeAnswer(operation);
        if (IsNewBatch()) _batch = ([.. _outstanding], _decisions.Current);
    }

    /// <summary>At the gate with something new, the pipeline has answered all that it took before; so far the answers must have come through.</summary>
    private bool IsAtRest()
    {
        if (_clock.HasTimers) return true;
        if (!_server.Store.HasWaiting) return _outstanding.TrueForAll(operation => operation.Sent!.IsCompleted);
        return !IsNewBatch() || _outstanding.TrueForAll(operation => operation.Sent!.IsCompleted || !(operation.IsAbandoned || _batch.Waiting.Contains(operation)) || operation is SweepOperation);
    }

    /// <summary>The same commands may come again and again: sent once more, or decided anew. A batch that settles a moment has none.</summary>
    private bool IsNewBatch() => _server.Store.HasWaiting && _decisions.Current.Count > 0 && !_decisions.Current.Any(_batch.Decided.Contains);

    private void Arrived()
    {
        _decisions.Seal();
        _stillness.Stir();
    }

    private void TakeAnswer(Operation operation)
    {
        var answer = operation.Sent!.IsCompletedSuccessfully ? operation.Sent.Result : null;
        var failure = operation.Sent.Exception?.InnerException;
        var text = answer?.Text ?? (failure is MillException e ? Outcome.Failure(e.Error) : operation.Sent.IsCanceled ? "canceled" : throw new Violation($"{operation} failed: {failure}"));
        Tally.Answered(operation.Number, text);
        if (answer is not null) _model.See(answer.Revision);
        if (operation is ReadAtOperation read)
        {
            if (answer is not null || failure is MillException { Error: MillError.NotFound }) _promises.Note(read, text, answer is not null ? [_model.At(answer.Revision)] : [.. _model.From(_model.Seen)]);
            else Violation.Unless(!Promises.IsTooEarly(failure) || read.Moment > _promises.Latest, $"{read} is too early, but was answered before");
            return;
        }
        if (operation is SweepOperation) return; // Housekeeping tells nobody; the model has checked what it removed.
        if (failure is MillException { Error: MillError.OutcomeUnknown }) return; // The model knows which of the two it was.
        if (failure is MillException { Error: MillError.StorageFull or MillError.StorageUnavailable or MillError.NoLeader or MillError.NotReady } || operation.Sent.IsCanceled)
        {
            Violation.Unless(operation.Expected is null, $"{operation} was called a failure ({text}), but it happened");
            return;
        }
        // Nothing was committed for it: then it must have changed nothing.
        if (operation.Expected is null) operation.Decide(_model.Latest, CommitView.Nothing);
        Violation.Unless(text == operation.Expected, $"{operation} was answered \"{text}\", not \"{operation.Expected}\"");
    }
}
