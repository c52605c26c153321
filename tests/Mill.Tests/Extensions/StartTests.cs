using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Mill.Extensions;
using Mill.Secrets.Providers;
using Mill.Tests.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>What happens to settings when the place that secrets come from is away: at the start, in the middle, for ever.</summary>
public sealed class StartTests
{
    /// <summary>The end of the start, and the wait before the next look.</summary>
    private const int LimitAndWait = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_is_required_and_does_not_come_ends_the_start_with_the_place_and_the_reason()
    {
        await using var settings = new Settings(("a", "canary"));
        settings.Cut();
        var (start, refused) = (settings.Time.GetUtcNow(), await Assert.ThrowsAsync<SecretUnavailableException>(() => settings.LoadAsync(options => options.StartTimeout = Limit, LimitAndWait)));
        Assert.Equal(("memory", "The secrets of memory are needed to start, and did not come from memory within 10 s: The wire was cut."), (refused.Provider, refused.Message));
        Assert.True(settings.Time.GetUtcNow() - start >= Limit);
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_a_little_later_is_in_time()
    {
        await using var settings = new Settings(("a", "1"));
        var outage = settings.Cut();
        var (made, attempts) = (settings.Memory, 0);
        await settings.LoadAsync(options => (options.Provider, options.Create) = (null, _ => ++attempts < 4 ? throw outage : new(made)));
        Assert.Equal(("1", 4), (settings.Root["a"], attempts));
    }

    [Fact]
    public async Task What_is_refused_for_good_ends_the_start_at_once()
    {
        await using var settings = new Settings();
        var start = settings.Time.GetUtcNow();
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(() => Task.Run(() => new ConfigurationBuilder().AddMillSecrets(options =>
            (options.Time, options.Create) = (settings.Time, _ => throw new SecretConfigurationException("vault", "The token is none.") { Hint = "Make one." })).Build()));
        Assert.Equal(("vault", "Make one.", start), (refused.Provider, refused.Hint, settings.Time.GetUtcNow()));
        Assert.EndsWith("The token is none.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_never_answers_is_waited_for_as_long_as_was_said()
    {
        foreach (var start in Enum.GetValues<SecretStart>())
        {
            await using var settings = new Settings();
            var never = new TaskCompletionSource<ISecretProvider>();
            var loading = settings.LoadAsync(options => (options.Name, options.Provider, options.Create, options.Start, options.StartTimeout) = ("slow", null, _ => new(never.Task), start, TimeSpan.FromSeconds(3)));
            if (start is SecretStart.Optional)
            {
                await loading;
                Assert.NotNull(settings.Provider.LastError);
            }
            else
            {
                var late = await Assert.ThrowsAsync<SecretUnavailableException>(() => loading);
                Assert.StartsWith("The secrets of slow are needed to start, and did not come from slow within 3 s", late.Message, StringComparison.Ordinal);
            }
            never.SetResult(settings.Memory);
        }
    }

    [Fact]
    public async Task What_is_not_required_comes_later_and_is_told()
    {
        await using var settings = new Settings(("a", "1"));
        var outage = settings.Cut();
        var told = new ConcurrentQueue<string?>();
        await settings.LoadAsync(options => (options.Start, options.ErrorChanged) = (SecretStart.Optional, error => told.Enqueue(error?.Message)));
        Assert.Equal((null, 0, outage), (settings.Root["a"], settings.Reloads, settings.Provider.LastError));
        settings.Wire.Outage = null;
        await settings.UntilAsync("a", "1");
        await settings.UntilAsync(() => settings.Reloads == 1 && told.Count == 2);
        Assert.Equal(["The wire was cut.", null], told);
        Assert.Equal(settings.Time.GetUtcNow().Date, settings.Provider.LastAnswer!.Value.Date);
    }

    [Fact]
    public async Task A_provider_that_can_only_be_made_later_is_made_later()
    {
        await using var settings = new Settings(("a", "1"));
        var isThere = false;
        await settings.LoadAsync(options => (options.Provider, options.Start, options.Create) =
            (null, SecretStart.Optional, _ => Volatile.Read(ref isThere) ? new(settings.Memory) : throw new SecretUnavailableException("place", "It is not there yet.")));
        Assert.Null(settings.Root["a"]);
        Volatile.Write(ref isThere, true);
        await settings.UntilAsync("a", "1");
        await settings.SetAsync("a", "2");
        await settings.UntilAsync("a", "2");
    }

    [Fact]
    public async Task The_last_good_values_will_do_where_that_was_said_and_nowhere_else()
    {
        await using var settings = new Settings(("a", "1"));
        // A chain that remembers; its link is away by the time the settings are loaded.
        await using var chain = new ChainedProvider([new(settings.Wire, OnLinkError.LastGood)]);
        Assert.Equal("1", await chain.TextAsync("a"));
        settings.Cut();
        await Assert.ThrowsAsync<SecretUnavailableException>(() => settings.LoadAsync(options => (options.Provider, options.Keys, options.StartTimeout) = (chain, ["a"], Limit), LimitAndWait));
        await Assert.ThrowsAsync<SecretUnavailableException>(() => settings.LoadAsync(options => (options.Provider, options.Keys, options.Start, options.StartTimeout) = (chain, ["never asked"], SecretStart.LastGood, Limit), LimitAndWait));
        await settings.LoadAsync(options => (options.Provider, options.Keys, options.Start, options.StartTimeout) = (chain, ["a"], SecretStart.LastGood, Limit), LimitAndWait);
        Assert.Equal("1", settings.Root["a"]);
        Assert.NotNull(settings.Provider.LastError);
    }

    [Fact]
    public async Task An_outage_in_the_middle_takes_nothing_away_and_what_changed_meanwhile_is_told_once()
    {
        await using var settings = new Settings(("a", "1"), ("b", "1"));
        var told = new ConcurrentQueue<string?>();
        await settings.LoadAsync(options => options.ErrorChanged = error =>
        {
            told.Enqueue(error?.Message);
            throw new InvalidOperationException("Whoever is told may fail.");
        });
        settings.Cut();
        settings.Wire.CutWatches();
        await settings.UntilAsync(() => settings.Provider.LastError is not null);
        await settings.SetAsync("a", "2");
        settings.Memory.Remove("b");
        await settings.SetAsync("c", "1");
        await settings.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(("1", "1", null, 0), (settings.Root["a"], settings.Root["b"], settings.Root["c"], settings.Reloads));
        settings.Wire.Outage = null;
        await settings.UntilAsync(() => settings.Reloads > 0 && settings.Provider.LastError is null);
        Assert.Equal(("2", null, "1", 1), (settings.Root["a"], settings.Root["b"], settings.Root["c"], settings.Reloads));
        await settings.UntilAsync(() => told.Count == 2);
        Assert.Equal(["The wire was cut.", null], told);
    }

    [Fact]
    public async Task A_program_with_one_thread_for_everything_starts()
    {
        using var context = new OneThread();
        var read = context.RunAsync(() =>
        {
            var root = new ConfigurationBuilder().AddMillSecrets(options => options.Create = async cancellationToken =>
            {
                // As people write it, with no thought of contexts.
                await Task.Yield();
                var memory = Seeds.Memory("memory", ("a", "1"));
                await memory.SetAsync("b", "2");
                return memory;
            }).Build();
            using var _ = root as IDisposable;
            root.Reload();
            return (root["a"], root["b"]);
        });
        Assert.Equal(("1", "2"), await read.WaitAsync(Patience));
    }

    [Fact]
    public async Task Several_places_are_opened_at_the_same_time()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        // Each is there only once the other one has been begun.
        var loading = Task.Run(() => new ConfigurationBuilder()
            .AddMillSecrets(options => options.Create = token => OpenAsync(first, second, "a", token))
            .AddMillSecrets(options => options.Create = token => OpenAsync(second, first, "b", token))
            .Build());
        var root = await loading.WaitAsync(Patience);
        Assert.Equal(("1", "1"), (root["a"], root["b"]));
        ((IDisposable)root).Dispose();

        static async ValueTask<ISecretProvider> OpenAsync(TaskCompletionSource mine, TaskCompletionSource other, string key, CancellationToken cancellationToken)
        {
            mine.TrySetResult();
            await other.Task.WaitAsync(cancellationToken);
            return Seeds.Memory(key, (key, "1"));
        }
    }

    /// <summary>A context that runs one thing after the other, on one thread, as those with a window do.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];
        private readonly Thread _thread;

        public OneThread()
        {
            _thread = new(Run) { IsBackground = true };
            _thread.Start();
        }

        public Task<T> RunAsync<T>(Func<T> work)
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(_ =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            }, null);
            return done.Task;
        }

        public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

        public void Dispose()
        {
            _queue.CompleteAdding();
            _thread.Join();
            _queue.Dispose();
        }

        private void Run()
        {
            SetSynchronizationContext(this);
            foreach (var (callback, state) in _queue.GetConsumingEnumerable()) callback(state);
        }
    }
}
