using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State.Commits;

/// <summary>A store that takes only so much in one commit.</summary>
public sealed class CommitLimitsTests : IAsyncLifetime, IDisposable
{
    private const int MaxWrites = 5;
    private const int MaxBytes = 20_000;

    private readonly SlowStore _store = new() { Limits = new(MaxWrites, MaxBytes) };
    private readonly CancellationTokenSource _stop = new();
    private LocalState _state = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _state = await LocalState.LoadAsync(_store, new ManualTime(), NullLoggerFactory.Instance, default);
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
    public async Task What_does_not_fit_into_a_commit_is_in_the_next_in_the_same_order()
    {
        var (first, writes) = await QueueBehindAsync([.. Enumerable.Range(0, 10).Select(i => new Put($"{i}"))]);
        await first.SucceedAsync();
        var sizes = new List<int>();
        while (writes.Any(write => !write.IsCompleted) && sizes.Count < 3)
        {
            var commit = await _store.NextAsync();
            sizes.Add(commit.Transaction.Writes.Count);
            await commit.SucceedAsync();
        }
        await Task.WhenAll(writes);
        Assert.Equal([5, 5, 3], sizes); // four commands and the head, twice, then two and the head
        var revisions = writes.Select(write => write.Result.Revision).ToList();
        Assert.Equal(revisions.Order(), revisions);
        Assert.Equal(3, revisions.Distinct().Count());
        Assert.Equal(11, (await _state.ReadAsync(default)).Tokens.Count);
    }

    [Fact]
    public async Task Bytes_are_counted_as_they_will_be_stored()
    {
        var (first, writes) = await QueueBehindAsync([new Put("a", 8_000), new Put("b", 8_000), new Put("c", 8_000)]);
        await first.SucceedAsync();
        var commit = await _store.NextAsync();
        Assert.Equal(3, commit.Transaction.Writes.Count);
        Assert.InRange(commit.Transaction.Writes.Sum(write => StoreLimits.SizeOf(write.Key, write.Value!.Value.Length)), 16_000, MaxBytes);
        await commit.SucceedAsync();
        await (await _store.NextAsync()).SucceedAsync();
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task A_command_that_can_never_fit_is_refused_and_the_others_go_on()
    {
        var (first, writes) = await QueueBehindAsync([new Put("large", MaxBytes), new Put("many", count: MaxWrites), new Put("small")]);
        await first.SucceedAsync();
        var commit = await _store.NextAsync();
        Assert.Equal(["/mill/v1/tokens/small", "/mill/v1/head"], commit.Transaction.Writes.Select(write => write.Key));
        await commit.SucceedAsync();
        await writes[2];
        foreach (var refused in writes[..2]) Assert.Equal(MillError.TooLarge, (await Assert.ThrowsAsync<MillException>(() => refused)).Error);
        Assert.Equal(["first", "small"], (await _state.ReadAsync(default)).Tokens.Keys.Order());
    }

    [Fact]
    public async Task A_key_that_several_commands_write_counts_once()
    {
        var (first, writes) = await QueueBehindAsync([.. Enumerable.Range(0, 10).Select(i => new Put("same", 3_000))]);
        await first.SucceedAsync();
        var commit = await _store.NextAsync();
        Assert.Equal(2, commit.Transaction.Writes.Count);
        await commit.SucceedAsync();
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task A_failed_commit_fails_what_was_in_it_and_nothing_else()
    {
        var (first, writes) = await QueueBehindAsync([.. Enumerable.Range(0, 6).Select(i => new Put($"{i}"))]);
        await first.SucceedAsync();
        (await _store.NextAsync()).Fail(new MillException(MillError.NoQuorum, "too few"));
        await (await _store.NextAsync()).SucceedAsync();
        foreach (var failed in writes[..4]) Assert.Equal(MillError.NoQuorum, (await Assert.ThrowsAsync<MillException>(() => failed)).Error);
        await Task.WhenAll(writes[4..]);
        Assert.Equal(["4", "5", "first"], (await _state.ReadAsync(default)).Tokens.Keys.Order());
    }

    /// <summary>Commands that wait together, because a commit before them is under way.</summary>
    private async Task<(SlowStore.Waiting First, Task<Committed<Timestamp>>[] Writes)> QueueBehindAsync(Put[] commands)
    {
        var running = _state.CommitAsync(new Put("first"), default);
        var first = await _store.NextAsync();
        Assert.False(running.IsCompleted);
        return (first, [.. commands.Select(command => _state.CommitAsync(command, default))]);
    }

    private sealed class Put(string id, int length = 1, int count = 1) : StateCommand<Timestamp>
    {
        public override Decision<Timestamp> Decide(ClusterState state, Timestamp now) => new(now, [.. Enumerable.Range(0, count).Select(i => Change(i, now))]);

        private StateChange Change(int index, Timestamp now)
        {
            var own = index == 0 ? id : $"{id}-{index}";
            return new(new TokenKey(own), new TokenRecord
            {
                Id = own,
                SecretHash = [1],
                Tenant = TenantId.Default,
                Subject = new('s', length),
                Role = Role.Reader,
                CreatedAt = now,
                CreatedBy = "c",
            });
        }
    }
}
