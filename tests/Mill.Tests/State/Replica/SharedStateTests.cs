using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Leadership;
using Mill.Tests.State.Replica.Fixture;
using Xunit;

namespace Mill.Tests.State.Replica;

/// <summary>Several nodes over one store: one leads, all answer.</summary>
public sealed class SharedStateTests
{
    [Fact]
    public async Task One_of_three_leads_and_what_it_wrote_is_read_everywhere()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        await leader.PutAsync("a");
        foreach (var node in cluster.Nodes) Assert.Equal(["a"], await node.ReadAsync());
        Assert.All(cluster.Nodes, node => Assert.Equal(leader.Id, node.State.Leader!.NodeId));
    }

    [Fact]
    public async Task A_node_that_does_not_lead_takes_no_write_and_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var refused = await Assert.ThrowsAsync<MillException>(() => cluster.Nodes.Single(node => node != leader).PutAsync("a"));
        Assert.Equal(MillError.NoLeader, refused.Error);
        Assert.Empty(await leader.ReadAsync());
    }

    [Fact]
    public async Task Another_node_leads_once_the_leader_is_cut_off_and_nothing_is_lost()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var first = await cluster.LeaderAsync();
        await first.PutAsync("a");
        first.Store.IsCut = true;
        var since = cluster.Time.GetUtcNow();
        var second = await cluster.LeaderAsync(first);
        Assert.True(cluster.Time.GetUtcNow() - since < LeaseTimes.TimeToLive * 2);
        Assert.False(first.State.IsLeader);
        Assert.Equal(["a"], await second.ReadAsync());
        await second.PutAsync("b");
        Assert.Equal(["a", "b"], await second.ReadAsync());
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_stops_before_its_lease_ends()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var first = await cluster.LeaderAsync();
        first.Store.IsCut = true;
        await cluster.UntilAsync(() => !first.State.IsLeader);
        // The record, which goes with the lease, is still there.
        Assert.NotNull(await cluster.Store.FindAsync(new LeaderKey().ToString(), default));
    }

    [Fact]
    public async Task A_leader_that_was_frozen_past_its_lease_does_not_answer_from_what_it_knew()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        await leader.PutAsync("a");
        var finds = leader.Store.Finds;
        leader.LeaseClock.Ahead = LeaseTimes.TimeToLive;
        Assert.True(leader.State.IsLeader); // it has not noticed yet
        Assert.Equal(["a"], await leader.ReadAsync());
        Assert.Equal(finds + 1, leader.Store.Finds);
        await Assert.ThrowsAsync<MillException>(async () => await leader.State.ConfirmAsync(null, default));
    }

    [Fact]
    public async Task A_leader_that_was_frozen_past_its_lease_does_not_answer_a_write_that_changes_nothing_either()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        Assert.Equal(new Done(), (await leader.State.CommitAsync(new Nothing(), default)).Answer);
        leader.LeaseClock.Ahead = LeaseTimes.TimeToLive;
        var refused = await Assert.ThrowsAsync<MillException>(() => leader.State.CommitAsync(new Nothing(), default));
        Assert.Equal(MillError.NoLeader, refused.Error);
    }

    [Fact]
    public async Task A_read_that_waited_for_a_write_of_unknown_outcome_is_not_answered_without_it()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        leader.Store.HoldReplies();
        leader.Store.HoldNews();
        var write = leader.PutAsync("a");
        await cluster.UntilAsync(() => leader.Store.Held > 0);
        var reads = Enumerable.Range(0, 20).Select(_ => leader.ReadAsync()).ToList();
        leader.Store.IsCut = true;
        leader.Store.LoseReplies();
        await cluster.UntilAsync(() => write.IsCompleted);
        Assert.Equal(MillError.OutcomeUnknown, (await Assert.ThrowsAsync<MillException>(() => write)).Error);
        foreach (var read in reads) Assert.Equal(MillError.NoQuorum, (await Assert.ThrowsAsync<MillException>(() => cluster.UntilAsync(read))).Error);
    }

    [Fact]
    public async Task A_deposed_leader_writes_nothing_even_if_it_does_not_know_yet()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var first = await cluster.LeaderAsync();
        first.Store.HoldNews();
        foreach (var node in cluster.Nodes.Where(node => node != first)) node.Store.HoldNews();
        var record = await cluster.Store.FindAsync(new LeaderKey().ToString(), default);
        await cluster.Store.CommitAsync(new([], [new(new LeaderKey().ToString(), null)]), default);
        Assert.NotNull(record);
        var refused = await Assert.ThrowsAsync<MillException>(() => first.PutAsync("a"));
        Assert.Equal(MillError.NoLeader, refused.Error);
        Assert.Null(await cluster.Store.FindAsync(new TokenKey("a").ToString(), default));
        await cluster.UntilAsync(() => !first.State.IsLeader);
    }

    [Fact]
    public async Task A_leader_that_resigns_finishes_what_it_took_and_another_leads_without_waiting_for_the_lease()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var first = await cluster.LeaderAsync();
        var since = cluster.Time.GetUtcNow();
        var writes = Enumerable.Range(0, 20).Select(number => first.PutAsync($"{number}")).ToList();
        var resigning = first.State.ResignAsync(default);
        foreach (var write in writes) await write;
        await cluster.UntilAsync(() => resigning.IsCompleted);
        await cluster.LeaderAsync();
        Assert.True(cluster.Time.GetUtcNow() - since < LeaseTimes.TimeToLive / 2);
        Assert.Equal(20, (await (await cluster.LeaderAsync()).ReadAsync()).Length);
    }

    [Fact]
    public async Task A_write_that_the_store_has_but_its_leader_does_not_know_of_is_not_seen_and_then_unseen()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await leader.PutAsync("other");
        leader.Store.HoldReplies();
        leader.Store.HoldNews();
        var write = leader.PutAsync("a");
        await cluster.UntilAsync(() => leader.Store.Held > 0);
        var everywhere = new StateRead(ReadLevel.Quorum);
        Assert.Contains("a", await cluster.UntilAsync(follower.ReadAsync(everywhere)));

        // Somebody has seen it: whoever asks the leader now must wait until it knows, and so must whoever asks a follower.
        var atLeader = leader.ReadAsync(new(Subject: StateSubject.Token("a")));
        var ofAll = leader.ReadAsync();
        var atFollower = follower.ReadAsync();
        Assert.Contains("other", await leader.ReadAsync(new(Subject: StateSubject.Token("other")))); // what is not under way, is not waited for
        Assert.False(atLeader.IsCompleted || ofAll.IsCompleted || atFollower.IsCompleted || write.IsCompleted);
        leader.Store.ReleaseReplies();
        await write;
        Assert.Contains("a", await atLeader);
        Assert.Contains("a", await ofAll);
        Assert.Contains("a", await atFollower);
    }

    [Fact]
    public async Task Readers_that_come_together_ask_the_leader_once()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await leader.PutAsync("a");
        await cluster.UntilAsync(follower.ReadAsync());
        var before = cluster.Asked;
        cluster.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = follower.ReadAsync();
        await cluster.UntilAsync(() => cluster.Asked == before + 1);
        var late = Enumerable.Range(0, 50).Select(_ => follower.ReadAsync()).ToList();
        cluster.Gate.SetResult();
        Assert.Equal(["a"], await first);
        foreach (var read in late) Assert.Equal(["a"], await read);
        Assert.Equal(before + 2, cluster.Asked);
    }

    [Fact]
    public async Task A_follower_that_has_not_heard_of_a_write_waits_for_it()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await cluster.UntilAsync(follower.ReadAsync());
        follower.Store.HoldNews();
        await leader.PutAsync("a");
        Assert.Empty(await follower.ReadAsync(StateRead.Local));
        var reading = follower.ReadAsync();
        var atQuorum = follower.ReadAsync(new(ReadLevel.Quorum));
        await Task.Yield();
        Assert.False(reading.IsCompleted || atQuorum.IsCompleted);
        follower.Store.ReleaseNews();
        Assert.Equal(["a"], await reading);
        Assert.Equal(["a"], await atQuorum);
    }

    [Fact]
    public async Task A_follower_that_cannot_reach_the_leader_asks_the_store()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await leader.PutAsync("a");
        cluster.Isolate(leader);
        var finds = follower.Store.Finds;
        Assert.Equal(["a"], await cluster.UntilAsync(follower.ReadAsync()));
        Assert.Equal(finds + 1, follower.Store.Finds);
    }

    [Fact]
    public async Task A_node_that_reaches_nobody_answers_nothing_but_local_reads_and_says_so_in_time()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await leader.PutAsync("a");
        await cluster.UntilAsync(follower.ReadAsync());
        (follower.Store.IsCut, leader.Store.IsCut) = (true, true);
        cluster.Isolate(leader);
        var since = cluster.Time.GetUtcNow();
        foreach (var level in new[] { ReadLevel.Linearizable, ReadLevel.Quorum })
        {
            var refused = await Assert.ThrowsAsync<MillException>(() => cluster.UntilAsync(follower.ReadAsync(new(level))));
            Assert.Equal(MillError.NoQuorum, refused.Error);
        }
        Assert.True(cluster.Time.GetUtcNow() - since < TimeSpan.FromSeconds(9));
        Assert.Equal(["a"], await follower.ReadAsync(StateRead.Local));
        Assert.False(await follower.State.TryConfirmAsync(ReadLevel.Local, default));
    }

    [Fact]
    public async Task One_question_is_enough_for_all_reads_of_a_request()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await leader.PutAsync("a");
        var before = cluster.Asked;
        Assert.True(await follower.State.TryConfirmAsync(ReadLevel.Linearizable, default));
        Assert.Equal(["a"], await follower.ReadAsync(new(IsConfirmed: true)));
        Assert.Equal(before + 1, cluster.Asked);
        Assert.False(await leader.State.TryConfirmAsync(ReadLevel.Linearizable, default));
    }

    [Fact]
    public async Task A_follower_that_fell_behind_what_the_store_remembers_reads_everything_again_and_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(2, knownCommits: 8);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await cluster.UntilAsync(follower.ReadAsync());
        var seen = follower.State.FollowAsync((await follower.State.ReadAsync(StateRead.Local, default)).Revision, default).GetAsyncEnumerator();
        follower.Store.HoldNews();
        for (var number = 0; number < 50; number++) await leader.PutAsync($"{number}");
        follower.Store.ReleaseNews();
        Assert.Equal(50, (await follower.ReadAsync()).Length);
        var wasReset = false;
        while (!wasReset && await seen.MoveNextAsync()) wasReset = seen.Current.IsReset;
        Assert.True(wasReset);
        await leader.PutAsync("after");
        Assert.Equal(51, (await follower.ReadAsync()).Length);
    }

    /// <summary>It waits for that question, and for its own after it: in all, no longer than is promised for one.</summary>
    [Fact]
    public async Task A_read_that_comes_while_a_question_is_under_way_is_refused_as_soon_as_any_other()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await cluster.UntilAsync(follower.ReadAsync());
        cluster.Isolate(leader);
        follower.Store.HoldAnswers();
        var first = follower.ReadAsync();
        await cluster.UntilAsync(() => follower.Store.Finds > 0);
        var since = cluster.Time.GetUtcNow();
        var refused = await Assert.ThrowsAsync<MillException>(() => cluster.UntilAsync(follower.ReadAsync()));
        Assert.Equal(MillError.NoQuorum, refused.Error);
        Assert.True(cluster.Time.GetUtcNow() - since < TimeSpan.FromSeconds(5), "it took longer");
        await Assert.ThrowsAsync<MillException>(() => first);
    }

    [Fact]
    public async Task A_follower_that_must_read_everything_again_and_cannot_goes_on_trying()
    {
        await using var cluster = await TestCluster.StartAsync(2, knownCommits: 8);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await cluster.UntilAsync(follower.ReadAsync());
        follower.Store.HoldNews();
        for (var number = 0; number < 50; number++) await leader.PutAsync($"{number}");
        follower.Store.FailingVisits = 2;
        follower.Store.ReleaseNews();
        Assert.Equal(50, (await cluster.UntilAsync(follower.ReadAsync())).Length);
        Assert.Equal(0, follower.Store.FailingVisits);
    }

    [Fact]
    public async Task A_moment_that_a_follower_was_asked_about_is_settled_for_the_leaders_to_come()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Nodes.Single(node => node != leader);
        await leader.PutAsync("a");
        cluster.Time.Advance(TimeSpan.FromMilliseconds(300));
        var moment = Timestamp.From(cluster.Time.GetUtcNow());
        Assert.Equal(["a"], (await cluster.UntilAsync(follower.State.ReadAtAsync(moment, default).AsTask())).Tokens.Keys);
        var head = await cluster.Store.FindAsync(new HeadKey().ToString(), default);
        Assert.True(((HeadRecord)RecordCodec.Decode(new HeadKey(), head!.Value.Value.Span)).CommitTime >= moment);
        Assert.True((await leader.PutAsync("b")).Answer > moment);
        var early = await Assert.ThrowsAsync<MillException>(() => cluster.UntilAsync(follower.State.ReadAtAsync(moment + TimeSpan.FromMinutes(1), default).AsTask()));
        Assert.Equal(MillError.InvalidRequest, early.Error);
    }

    [Fact]
    public async Task A_node_that_starts_again_takes_the_office_that_it_still_holds()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var first = await cluster.LeaderAsync();
        await first.PutAsync("a");
        first.Store.IsCut = true; // killed: it gives nothing back
        var since = cluster.Time.GetUtcNow();
        await using var again = await TestNode.StartAsync(1, new(cluster.Store), cluster, cluster.Time);
        await cluster.UntilAsync(() => again.State.IsLeader);
        Assert.True(cluster.Time.GetUtcNow() - since < LeaseTimes.TimeToLive / 2);
        Assert.Equal(["a"], await again.ReadAsync());
    }

    private sealed class Nothing : StateCommand<Done>
    {
        public override Decision<Done> Decide(ClusterState state, Timestamp now) => new(new(), []);
    }
}
