using Mill.Testing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>How long a call may take, by the clock.</summary>
public sealed class CallLimitTests
{
    [Theory]
    [InlineData(null, 30)]
    [InlineData("1500", 1.5)]
    [InlineData("86400000", 86_400)]
    public async Task A_call_ends_once_it_took_as_long_as_it_may(string? limit, double seconds)
    {
        await using var mill = await FakeMill.StartAsync();
        var asked = new TaskCompletionSource();
        mill.On("GET /v1/status", async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        var time = new ManualTime();
        var session = Session.With(mill, time);
        if (limit is not null) session.Variables["MILL_API_CLIENT_TIMEOUT_MS"] = limit;
        var running = session.RunAsync("status");
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(9, await running);
        Assert.Contains($"did not answer within {seconds:0.###} s.", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("30s")]
    [InlineData("86400001")]
    [InlineData("99999999999")]
    public async Task What_is_no_limit_is_refused_before_anything_is_asked(string limit)
    {
        await using var mill = await FakeMill.StartAsync();
        var session = Session.With(mill);
        session.Variables["MILL_API_CLIENT_TIMEOUT_MS"] = limit;
        Assert.Equal(2, await session.RunAsync("status"));
        Assert.Equal($"error: MILL_API_CLIENT_TIMEOUT_MS is a number of milliseconds from 1 to 86400000, and not '{limit}'.\nhint: Write it like MILL_API_CLIENT_TIMEOUT_MS=30000, or leave it out.\n", session.Error);
        Assert.Empty(mill.Seen);
    }
}
