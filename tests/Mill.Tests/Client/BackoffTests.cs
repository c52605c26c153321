using Mill.Client.Watching;
using Mill.Extensions.Services;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>How long is waited after failures in a row.</summary>
public sealed class BackoffTests
{
    private static readonly double[] Seconds = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10];

    [Fact]
    public async Task It_grows_to_its_limit_and_begins_anew_after_a_success()
    {
        var time = new ManualTime();
        var backoff = new Backoff(time);
        for (var round = 0; round < 2; round++)
        {
            foreach (var seconds in Seconds) await AssertWaitAsync(seconds);
            backoff.Reset();
        }

        async Task AssertWaitAsync(double seconds)
        {
            var wait = backoff.WaitAsync(CancellationToken.None);
            time.Advance(TimeSpan.FromSeconds(seconds / 2) - TimeSpan.FromMilliseconds(1));
            Assert.False(wait.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(seconds / 2) + TimeSpan.FromMilliseconds(1));
            await wait.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public void Clients_that_failed_together_do_not_come_back_together()
    {
        var waits = Enumerable.Range(0, 20).Select(_ => new Waiting(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeProvider.System).Next()).ToList();
        Assert.True(waits.Distinct().Count() > 1);
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Who_waits_in_an_application_waits_longer_each_time_too()
    {
        var waiting = new Waiting(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(10), TimeProvider.System);
        for (var round = 0; round < 2; round++)
        {
            foreach (var seconds in Seconds) Assert.InRange(waiting.Next(), TimeSpan.FromSeconds(seconds / 2), TimeSpan.FromSeconds(seconds));
            waiting.Reset();
        }
    }
}
