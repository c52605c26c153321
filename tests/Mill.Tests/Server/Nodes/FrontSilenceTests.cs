using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>How long a front waits for vaults that are slow, or say nothing.</summary>
public sealed class FrontSilenceTests
{
    /// <summary>For what must come without time passing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("GET", "/v1/secrets/a", null)]
    [InlineData("POST", "/v1/env/expand", """{"content":"A=1"}""")]
    public async Task Vaults_that_say_nothing_are_given_up_within_five_seconds_all_together(string method, string path, string? body)
    {
        await using var cluster = await TestNodes.StartAsync(1);
        Recorder[] frozen = [FakeVaults.Frozen(), FakeVaults.Frozen(), FakeVaults.Frozen()];
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(frozen[0].ServeAsync), await cluster.AddAsync(frozen[1].ServeAsync), await cluster.AddAsync(frozen[2].ServeAsync));
        var asking = front.Operator.SendAsync(method, path, body);
        await cluster.PassAsync(frozen[0], 2);
        await cluster.PassAsync(frozen[1], 0.8);
        (await asking.WaitAsync(Patience)).IsProblem(503, "not_ready");
        Assert.Empty(frozen[2].Seen);
    }

    [Fact]
    public async Task A_write_that_a_silent_vault_was_sent_is_in_doubt_within_five_seconds()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var frozen = FakeVaults.Frozen();
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(frozen.ServeAsync), cluster[1]);
        var writing = front.Operator.SetAsync("a", "1");
        await cluster.PassAsync(frozen, 3);
        var answer = await writing.WaitAsync(Patience);
        Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
        // The next one goes where somebody answers.
        (await front.Operator.SetAsync("a", "1")).Is(201);
        Assert.Equal(2, frozen.Seen.Count);
    }

    [Fact]
    public async Task A_write_that_a_vault_is_slow_with_is_waited_for_while_the_vault_lives()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var thinking = new TaskCompletionSource();
        var slow = FakeVaults.Thoughtful(async http =>
        {
            await thinking.Task;
            http.Response.StatusCode = 204;
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync), cluster[1]);
        var writing = front.Operator.DeleteAsync("a");
        await FakeVaults.LiveAsync(cluster, slow, 7);
        thinking.SetResult();
        (await writing.WaitAsync(Patience)).Is(204);
    }

    [Fact]
    public async Task A_vault_that_looked_for_a_leader_in_vain_says_so_and_the_next_try_goes_to_another()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var looking = new TaskCompletionSource();
        var alone = FakeVaults.Thoughtful(async http =>
        {
            await looking.Task;
            await FakeVaults.RefuseAsync(http, "no_leader");
        });
        var (front, pool) = await cluster.AddFrontAsync(await cluster.AddAsync(alone.ServeAsync), cluster[1]);
        var writing = front.Operator.SetAsync("a", "1");
        await FakeVaults.LiveAsync(cluster, alone, 3);
        looking.SetResult();
        (await writing.WaitAsync(Patience)).IsProblem(503, "no_leader");
        Assert.Equal(cluster[1].Place, pool.InOrder()[0]);
        (await front.Operator.SetAsync("a", "1")).Is(201);
    }

    [Fact]
    public async Task A_silent_vault_is_passed_over_by_a_read_and_asked_last_for_a_while()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var frozen = FakeVaults.Frozen();
        var silent = await cluster.AddAsync(frozen.ServeAsync);
        var (front, pool) = await cluster.AddFrontAsync(silent, cluster[1]);
        var reading = front.Operator.GetAsync("/v1/secrets");
        await cluster.PassAsync(frozen, 2);
        (await reading.WaitAsync(Patience)).Is(200);
        Assert.Equal([cluster[1].Place, silent.Place], pool.InOrder());
        Assert.True(pool.IsLate(silent.Place));
        cluster.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(pool.IsLate(silent.Place));
    }

    [Fact]
    public async Task Whoever_is_alone_with_the_question_is_waited_for_as_long_as_it_may_take()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var thinking = new TaskCompletionSource();
        var slow = FakeVaults.Thoughtful(async http =>
        {
            await thinking.Task;
            await FakeVaults.RefuseAsync(http, "no_quorum");
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync));
        var reading = front.Operator.GetAsync("/v1/secrets");
        await FakeVaults.LiveAsync(cluster, slow, 3);
        thinking.SetResult();
        (await reading.WaitAsync(Patience)).IsProblem(503, "no_quorum");
    }

    [Fact]
    public async Task Whoever_leaves_is_waited_for()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var leaving = new TaskCompletionSource();
        var slow = FakeVaults.Thoughtful(_ => leaving.Task);
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync));
        var removing = front.Operator.SendAsync("DELETE", "/v1/nodes/n3");
        await FakeVaults.LiveAsync(cluster, slow, 7);
        leaving.SetResult();
        (await removing.WaitAsync(Patience)).Is(200);
    }

    [Fact]
    public async Task Whether_it_is_ready_is_said_within_five_seconds()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        Recorder[] frozen = [FakeVaults.Frozen(), FakeVaults.Frozen(), FakeVaults.Frozen()];
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(frozen[0].ServeAsync), await cluster.AddAsync(frozen[1].ServeAsync), await cluster.AddAsync(frozen[2].ServeAsync));
        var asking = front.As(null).GetAsync("/readyz");
        foreach (var (vault, seconds) in frozen.Zip([1.5, 1.5, 1]))
        {
            await TestNodes.UntilAsync(() => vault.Seen.Count == 1);
            cluster.Time.Advance(TimeSpan.FromSeconds(seconds));
        }
        (await asking.WaitAsync(Patience)).IsProblem(503, "not_ready");
    }
}
