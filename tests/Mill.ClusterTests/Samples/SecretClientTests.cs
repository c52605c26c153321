using System.IO.Pipelines;
using System.Text;
using Mill.Samples.Module;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;
using Mill.Testing;
using Xunit;

namespace Mill.ClusterTests.Samples;

/// <summary>The client of a module, with this test as its supervisor and with a clock of its own.</summary>
public sealed class SecretClientTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly RedactionSet _masks = new();
    private readonly Pipe _toModule = new();
    private readonly Channel _module;
    private readonly Channel _supervisor;
    private readonly SecretClient _client;
    private Task _running = Task.CompletedTask;

    public SecretClientTests()
    {
        var fromModule = new Pipe();
        _module = new(_toModule.Reader.AsStream(), fromModule.Writer.AsStream());
        _supervisor = new(fromModule.Reader.AsStream(), _toModule.Writer.AsStream());
        _client = new(_module, _masks, _time);
    }

    public Task InitializeAsync()
    {
        _running = _client.RunAsync(CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _toModule.Writer.CompleteAsync();
        await _running.WaitAsync(Patience);
    }

    public void Dispose()
    {
        _client.Dispose();
        _module.Dispose();
        _supervisor.Dispose();
        _masks.Dispose();
    }

    [Fact]
    public async Task What_was_asked_for_once_is_kept_until_it_is_rotated()
    {
        await Assert.ThrowsAsync<SecretNotFoundException>(async () => await _client.GetAsync("A", SecretMode.CacheOnly));
        Assert.Equal("one", await AskAsync("A", "one"));
        Assert.Equal("one", await TextAsync(_client.GetAsync("A")));
        Assert.Equal("two", await AskAsync("A", "two", SecretMode.ForceRemote));
        Assert.Equal("two", await TextAsync(_client.GetAsync("A", SecretMode.CacheOnly)));
        await RotateAsync(1, "A", "B");
        Assert.Equal(1, (await NextAsync()).Ack);
        await Assert.ThrowsAsync<SecretNotFoundException>(async () => await _client.GetAsync("A", SecretMode.CacheOnly));
        Assert.Equal("three", await AskAsync("A", "three"));
    }

    [Fact]
    public async Task An_answer_from_before_a_rotation_is_not_kept()
    {
        var early = _client.GetAsync("A").AsTask();
        var question = await NextAsync();
        await RotateAsync(1, "A");
        Assert.Equal(1, (await NextAsync()).Ack);
        await AnswerAsync(question, "old");
        Assert.Equal("old", await TextAsync(new(early)));
        Assert.Equal("new", await AskAsync("A", "new"));
    }

    [Fact]
    public async Task A_question_without_an_answer_ends_after_five_seconds_and_a_late_answer_is_nobodys()
    {
        var get = _client.GetAsync("A").AsTask();
        var late = await NextAsync();
        await UntilWaitingAsync();
        _time.Advance(SecretClient.Patience - TimeSpan.FromTicks(1));
        Assert.False(get.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<SecretUnavailableException>(() => get.WaitAsync(Patience));
        var next = _client.GetAsync("A").AsTask();
        var question = await NextAsync();
        await AnswerAsync(late, "late");
        await AnswerAsync(question, "in time");
        Assert.Equal("in time", await TextAsync(new(next)));
    }

    [Fact]
    public async Task An_answer_about_another_secret_is_an_error_and_is_not_kept()
    {
        var get = _client.GetAsync("A").AsTask();
        await AnswerAsync(await NextAsync() with { Get = "B" }, "canary");
        var wrong = await Assert.ThrowsAsync<SecretUnavailableException>(() => get.WaitAsync(Patience));
        Assert.DoesNotContain("canary", wrong.ToString(), StringComparison.Ordinal);
        foreach (var name in new[] { "A", "B" }) await Assert.ThrowsAsync<SecretNotFoundException>(async () => await _client.GetAsync(name, SecretMode.CacheOnly));
    }

    [Fact]
    public async Task A_typed_secret_is_read_and_one_that_is_none_is_not_quoted()
    {
        var get = _client.GetAsync<int>("PORT").AsTask();
        await AnswerAsync(await NextAsync(), "5432");
        Assert.Equal(5432, await get.WaitAsync(Patience));
        var wrong = _client.GetAsync<double>("PORT", SecretMode.ForceRemote).AsTask();
        await AnswerAsync(await NextAsync(), "canary");
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(() => wrong.WaitAsync(Patience));
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribers_are_done_before_the_rotation_is_acknowledged_and_rotations_come_one_after_the_other()
    {
        var (began, may) = (new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using var first = _client.Subscribe("A", async (value, _) =>
        {
            began.TrySetResult(value.Reveal(Encoding.UTF8.GetString));
            await may.Task;
        });
        using var second = _client.Subscribe("A", async (_, cancellationToken) =>
        {
            using var more = await _client.GetAsync("B", SecretMode.ForceRemote, cancellationToken);
        });
        await RotateAsync(1, "A");
        await RotateAsync(2, "Z"); // nobody's: could be acknowledged at once
        await AnswerAsync(await NextAsync(), "value of A");
        Assert.Equal("value of A", await began.Task.WaitAsync(Patience));
        var question = NextAsync();
        Assert.False(question.IsCompleted);
        may.SetResult();
        // Whoever acknowledged one of them before this has written that line first.
        Assert.Equal("B", (await question).Get);
        await AnswerAsync(await question, "value of B");
        Assert.Equal((1, 2), ((await NextAsync()).Ack, (await NextAsync()).Ack));
    }

    [Fact]
    public async Task A_subscriber_that_fails_is_told_of_without_its_words_and_the_next_rotation_comes_all_the_same()
    {
        var calls = 0;
        using var subscription = _client.Subscribe("A", (_, _) => ++calls == 1 ? throw new InvalidOperationException("canary") : ValueTask.CompletedTask);
        for (var number = 1; number <= 2; number++)
        {
            await RotateAsync(number, "A");
            await AnswerAsync(await NextAsync(), $"value {number}");
            var acknowledged = await NextAsync();
            Assert.Equal((number, number == 1 ? nameof(InvalidOperationException) : null), (acknowledged.Ack, acknowledged.Error));
        }
    }

    [Fact]
    public async Task A_subscriber_that_gives_up_has_failed_like_any_other()
    {
        using var subscription = _client.Subscribe("A", (_, _) => throw new TaskCanceledException("canary"));
        for (var number = 1; number <= 2; number++)
        {
            await RotateAsync(number, "A");
            await AnswerAsync(await NextAsync(), $"value {number}");
            var acknowledged = await NextAsync();
            Assert.Equal((number, nameof(TaskCanceledException)), (acknowledged.Ack, acknowledged.Error));
        }
    }

    [Fact]
    public async Task What_is_given_is_masked_and_at_the_end_nobody_waits()
    {
        await AskAsync("A", "canary-1");
        Assert.Equal("is [REDACTED]", _masks.Redact("is canary-1"));
        var open = _client.GetAsync("B").AsTask();
        await NextAsync();
        await _toModule.Writer.CompleteAsync();
        await Assert.ThrowsAsync<SecretUnavailableException>(() => open.WaitAsync(Patience));
        await Assert.ThrowsAsync<SecretUnavailableException>(async () => await _client.GetAsync("C"));
    }

    private async Task<string> AskAsync(string name, string answer, SecretMode mode = SecretMode.CacheThenRemote)
    {
        var get = _client.GetAsync(name, mode).AsTask();
        var question = await NextAsync();
        Assert.Equal(name, question.Get);
        await AnswerAsync(question, answer);
        return await TextAsync(new(get));
    }

    private async Task<Message> NextAsync() => await _supervisor.ReadAsync(CancellationToken.None).AsTask().WaitAsync(Patience) ?? throw new EndOfStreamException();

    private async Task AnswerAsync(Message question, string text)
    {
        using var value = SecretValue.FromText(text);
        await _supervisor.WriteAsync(new() { Id = question.Id, Name = question.Get, Value = value }, CancellationToken.None);
    }

    private ValueTask RotateAsync(long number, params string[] names) => _supervisor.WriteAsync(new() { Rotation = number, Names = names }, CancellationToken.None);

    private Task UntilWaitingAsync() => Processes.Until.TrueAsync("the client waits", Patience, () => Task.FromResult(_time.ArmedTimers > 0));

    private static async Task<string> TextAsync(ValueTask<SecretValue> get)
    {
        using var value = await get.AsTask().WaitAsync(Patience);
        return value.Reveal(Encoding.UTF8.GetString);
    }
}
