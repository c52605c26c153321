using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Commits;
using Mill.State.Replica;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State.Commits;

public sealed class CommitPipelineTests : IAsyncLifetime, IDisposable
{
    private const int Mebibyte = 1 << 20;

    private readonly SlowStore _store = new();
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private LocalState _state = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _state = await LocalState.LoadAsync(_store, _time, NullLoggerFactory.Instance, default);
        _running = _state.RunAsync(_stop.Token);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _store.DisposeAsync();
    }

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task All_that_wait_behind_a_slow_commit_share_the_next_one_in_their_order()
    {
        var first = Submit("first");
        var commit = await _store.NextAsync();
        var others = Enumerable.Range(0, 50).Select(i => Submit($"{i}")).ToList();
        Assert.False(first.IsCompleted);
        await commit.SucceedAsync();
        await first;
        await (await _store.NextAsync()).SucceedAsync();
        var answers = await Task.WhenAll(others);
        Assert.Equal(2, await _store.Inner.GetRevisionAsync(default));
        Assert.All(answers, answer => Assert.Equal(2, answer.Revision));
        var times = answers.Select(answer => answer.Answer).ToList();
        Assert.Equal(times.Order().Distinct(), times);
    }

    [Fact]
    public async Task Nobody_sees_or_hears_of_a_write_before_it_is_durable()
    {
        var write = Submit("a");
        var commit = await _store.NextAsync();
        Assert.False(write.IsCompleted);
        Assert.Empty((await _state.ReadAsync(default)).Tokens);
        await commit.SucceedAsync();
        await write;
        Assert.Single((await _state.ReadAsync(default)).Tokens);
    }

    [Fact]
    public async Task Commit_times_go_on_when_the_clock_stands_still()
    {
        var times = new List<Timestamp>();
        for (var i = 0; i < 5; i++) times.Add((await SubmitAndCommitAsync($"{i}")).Answer);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => times[0] + TimeSpan.FromMicroseconds(i)), times);
    }

    [Fact]
    public async Task A_caller_that_gave_up_in_the_queue_is_dropped()
    {
        var first = Submit("first");
        var commit = await _store.NextAsync();
        using var cancel = new CancellationTokenSource();
        var (gone, stays) = (Submit("gone", cancellationToken: cancel.Token), Submit("stays"));
        await cancel.CancelAsync();
        await commit.SucceedAsync();
        await (await _store.NextAsync()).SucceedAsync();
        await stays;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal(["first", "stays"], (await _state.ReadAsync(default)).Tokens.Keys.Order());
    }

    [Fact]
    public async Task Too_many_that_wait_are_turned_away_at_once()
    {
        var first = Submit("first");
        var commit = await _store.NextAsync();
        var waiting = Enumerable.Range(0, CommitPipeline.MaxQueue).Select(_ => Refuse()).ToList();
        Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => Submit("more").WaitAsync(TimeSpan.FromSeconds(30)))).Error);
        await commit.SucceedAsync();
        await first;
        foreach (var task in waiting) await Assert.ThrowsAsync<MillException>(() => task);
    }

    [Fact]
    public async Task Too_many_bytes_that_wait_are_turned_away_until_they_are_taken()
    {
        var first = Submit("first");
        var commit = await _store.NextAsync();
        var waiting = Enumerable.Range(0, 16).Select(i => SubmitAsync(new Large($"{i}", 4 * Mebibyte), default)).ToList();
        var last = SubmitAsync(new Large("last", 1), default);
        await RequireRateLimitedAsync(SubmitAsync(new Large("more", 1), default));
        await RequireRateLimitedAsync(Submit("small"));

        await commit.SucceedAsync();
        await first;
        commit = await _store.NextAsync(); // 4 MiB are on their way
        var again = SubmitAsync(new Large("again", 4 * Mebibyte), default);
        Assert.False(again.IsCompleted);
        await RequireRateLimitedAsync(Submit("small"));
        foreach (var write in waiting)
        {
            await commit.SucceedAsync();
            await write;
            commit = await _store.NextAsync();
        }

        await commit.SucceedAsync();
        await Task.WhenAll(last, again);
        Assert.Equal(19, (await _state.ReadAsync(default)).Tokens.Count);
    }

    [Fact]
    public async Task Large_writes_that_wait_together_are_committed_a_few_at_a_time()
    {
        var first = Submit("first");
        var commit = await _store.NextAsync();
        var writes = Enumerable.Range(0, 6).Select(i => SubmitAsync(new Large($"{i}", Mebibyte), default)).ToList();
        await commit.SucceedAsync();
        await first;
        await (await _store.NextAsync()).SucceedAsync();
        Assert.All(await Task.WhenAll(writes[..4]), answer => Assert.Equal(2, answer.Revision));
        Assert.All(writes[4..], write => Assert.False(write.IsCompleted));
        await (await _store.NextAsync()).SucceedAsync();
        Assert.All(await Task.WhenAll(writes[4..]), answer => Assert.Equal(3, answer.Revision));
    }

    [Fact]
    public async Task A_shutdown_answers_everybody()
    {
        var first = Submit("first");
        await _store.NextAsync();
        var second = Submit("second");
        await _stop.CancelAsync();
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(() => first)).Error);
        Assert.Equal(MillError.NotReady, (await Assert.ThrowsAsync<MillException>(() => second)).Error);
        Assert.Equal(MillError.NotReady, (await Assert.ThrowsAsync<MillException>(() => Submit("third"))).Error);
        await _running;
    }

    [Fact]
    public async Task A_command_that_fails_harms_nobody_else()
    {
        var first = Submit("first");
        var commit = await _store.NextAsync();
        var (bad, good) = (Refuse(), Submit("good"));
        await commit.SucceedAsync();
        await (await _store.NextAsync()).SucceedAsync();
        await good;
        Assert.Equal(MillError.NotFound, (await Assert.ThrowsAsync<MillException>(() => bad)).Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_message_is_asked_about_until_the_answer_is_known(bool happened)
    {
        var write = Submit("a");
        var commit = await _store.NextAsync();
        if (happened) await commit.LoseReplyAsync(Lost());
        else commit.Fail(Lost());
        await ArmedAsync();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        var again = await _store.NextAsync();
        Assert.Same(commit.Transaction, again.Transaction);
        await again.SucceedAsync();
        Assert.Equal(1, (await write).Revision);
        Assert.Equal(1, await _store.Inner.GetRevisionAsync(default));
    }

    [Fact]
    public async Task What_stays_unknown_is_said_to_be_and_the_store_is_read_before_anything_else_is_decided()
    {
        var write = Submit("a");
        for (var elapsed = TimeSpan.Zero; !write.IsCompleted; elapsed += TimeSpan.FromSeconds(1))
        {
            var commit = await _store.NextAsync();
            if (elapsed == TimeSpan.Zero) await commit.LoseReplyAsync(Lost());
            else commit.Fail(Lost());
            while (_time.ArmedTimers == 0 && !write.IsCompleted) await Task.Yield();
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(() => write)).Error);
        await SubmitAndCommitAsync("b");
        Assert.Equal(["a", "b"], (await _state.ReadAsync(default)).Tokens.Keys.Order());
    }

    [Fact]
    public async Task A_late_loss_is_looked_into_as_well()
    {
        var write = Submit("a");
        var commit = await _store.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(6));
        await commit.LoseReplyAsync(Lost());
        await Assert.ThrowsAsync<MillException>(() => write);
        // A question about now must take the lost commit into account, without any write to stumble over it.
        var state = await _state.ReadAtAsync(Timestamp.From(_time.GetUtcNow()), default);
        Assert.Single(state.Tokens);
    }

    [Fact]
    public async Task Another_writer_makes_it_read_everything_and_decide_anew()
    {
        await SubmitAndCommitAsync("a");
        var write = Submit("b", mustBeAlone: true);
        var commit = await _store.NextAsync();
        await CommitAsAnotherAsync("foreign");
        await commit.SucceedAsync();
        Assert.Equal(MillError.PreconditionFailed, (await Assert.ThrowsAsync<MillException>(() => write)).Error);
        Assert.Equal(["a", "foreign"], (await _state.ReadAsync(default)).Tokens.Keys.Order());
    }

    [Fact]
    public async Task A_lost_commit_that_another_writer_covered_is_never_done_twice()
    {
        await SubmitAndCommitAsync("a");
        var write = Submit("b");
        await (await _store.NextAsync()).LoseReplyAsync(Lost());
        await CommitAsAnotherAsync("foreign");
        await ArmedAsync();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await (await _store.NextAsync()).SucceedAsync();
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(() => write)).Error);
        await SubmitAndCommitAsync("c");
        Assert.Equal(["a", "b", "c", "foreign"], (await _state.ReadAsync(default)).Tokens.Keys.Order());
    }

    [Fact]
    public async Task What_is_removed_is_gone_from_the_store()
    {
        await SubmitAndCommitAsync("a");
        var removal = _state.CommitAsync(new Removal("a"), default);
        await (await _store.NextAsync()).SucceedAsync();
        await removal;
        Assert.Equal([new HeadKey().ToString()], (await _store.Inner.ReadAsync("", default)).Entries.Select(entry => entry.Key));
        Assert.Empty((await (await LocalState.LoadAsync(_store.Inner, _time, NullLoggerFactory.Instance, default)).ReadAsync(default)).Tokens);
    }

    [Fact]
    public async Task A_full_storage_is_a_failure_and_the_next_write_is_tried_again()
    {
        var write = Submit("a");
        (await _store.NextAsync()).Fail(new MillException(MillError.StorageFull, "full"));
        Assert.Equal(MillError.StorageFull, (await Assert.ThrowsAsync<MillException>(() => write)).Error);
        await SubmitAndCommitAsync("b");
        Assert.Equal(["b"], (await _state.ReadAsync(default)).Tokens.Keys);
    }

    [Fact]
    public async Task An_answered_moment_stays_answerable_when_the_clock_goes_back()
    {
        var clock = new JumpingTime();
        var state = await LocalState.LoadAsync(_store, clock, NullLoggerFactory.Instance, default);
        using var stop = new CancellationTokenSource();
        var running = state.RunAsync(stop.Token);
        var moment = Timestamp.From(clock.GetUtcNow());
        var asking = state.ReadAtAsync(moment, default).AsTask();
        await (await _store.NextAsync()).SucceedAsync();
        await asking;
        clock.Now -= TimeSpan.FromMinutes(1);
        await state.ReadAtAsync(moment, default);
        await Assert.ThrowsAsync<MillException>(async () => await state.ReadAtAsync(moment + TimeSpan.FromSeconds(1), default));
        await stop.CancelAsync();
        await running;
    }

    private static MillException Lost() => new(MillError.OutcomeUnknown, "lost");

    private Task<Committed<Timestamp>> Submit(string id, bool mustBeAlone = false, CancellationToken cancellationToken = default) => SubmitAsync(new Put(id, mustBeAlone), cancellationToken);

    private async Task<Committed<Timestamp>> SubmitAsync(StateCommand<Timestamp> command, CancellationToken cancellationToken) => await _state.CommitAsync(command, cancellationToken);

    private Task<Committed<Timestamp>> Refuse() => SubmitAsync(new Refusal(), default);

    private async Task<Committed<Timestamp>> SubmitAndCommitAsync(string id)
    {
        var write = Submit(id);
        await (await _store.NextAsync()).SucceedAsync();
        return await write;
    }

    private static async Task RequireRateLimitedAsync(Task write) =>
        Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => write.WaitAsync(TimeSpan.FromSeconds(10)))).Error);

    private async Task ArmedAsync()
    {
        while (_time.ArmedTimers == 0) await Task.Yield();
    }

    private async Task CommitAsAnotherAsync(string id)
    {
        var other = await LocalState.LoadAsync(_store.Inner, _time, NullLoggerFactory.Instance, default);
        using var stop = new CancellationTokenSource();
        var running = other.RunAsync(stop.Token);
        await other.CommitAsync(new Put(id, mustBeAlone: false), default);
        await stop.CancelAsync();
        await running;
    }

    /// <summary>Says that it is as large as that.</summary>
    private sealed class Large(string id, int size) : Put(id, mustBeAlone: false)
    {
        public override int Size => size;
    }

    private class Put(string id, bool mustBeAlone) : StateCommand<Timestamp>
    {
        public override Decision<Timestamp> Decide(ClusterState state, Timestamp now)
        {
            if (mustBeAlone && state.Tokens.Count > 1) throw new MillException(MillError.PreconditionFailed, "not alone");
            var record = new TokenRecord { Id = id, SecretHash = [1], Tenant = TenantId.Default, Subject = "s", Role = Role.Reader, CreatedAt = now, CreatedBy = "c" };
            return new(now, [new(new TokenKey(id), record)]);
        }
    }

    private sealed class Removal(string id) : StateCommand<Done>
    {
        public override Decision<Done> Decide(ClusterState state, Timestamp now) => new(new(), [new(new TokenKey(id), null)]);
    }

    private sealed class Refusal : StateCommand<Timestamp>
    {
        public override Decision<Timestamp> Decide(ClusterState state, Timestamp now) => throw new MillException(MillError.NotFound, "no");
    }

    private sealed class JumpingTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
