using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Tests.Core.Deploys;
using Xunit;

namespace Mill.Tests.Orchestration;

public sealed class FleetOfficeTests : IAsyncLifetime
{
    private OfficeRig _rig = null!;

    public async Task InitializeAsync() => _rig = await OfficeRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_sign_of_life_costs_no_commit()
    {
        await _rig.Office.SendAsync(Report(), default);
        var revision = (await _rig.NowAsync()).Revision;
        await _rig.Office.SendAsync(Report(), default);

        Assert.Equal(revision, (await _rig.NowAsync()).Revision);
        Assert.Equal(4, (await _rig.FleetAsync()).Nodes[FleetRig.Node(1)].Cpu);
    }

    [Fact]
    public async Task A_node_whose_engine_is_gone_says_so_and_gets_nothing()
    {
        await _rig.Office.SendAsync(Report() with { NotReady = "no engine" }, default);
        var fleet = await _rig.FleetAsync();
        Assert.Equal("no engine", fleet.Nodes[FleetRig.Node(1)].NotReady);
        var service = FleetRig.Spec("service \"web\" { image = \"a\" }").Services[0];
        Assert.Equal("no node is ready", new Mill.Core.Placement.PlacementView(fleet).Choose(service.Container, "web").Reason);

        await _rig.Office.SendAsync(Report(), default);
        Assert.Null((await _rig.FleetAsync()).Nodes[FleetRig.Node(1)].NotReady);
    }

    [Fact]
    public async Task A_report_that_comes_late_changes_nothing()
    {
        await _rig.Office.SendAsync(Report(), default);
        await DeployAsync(replicas: 1);
        var decided = await DecideAsync();
        var alloc = Assert.Single(decided.Allocs.Values);
        await _rig.Office.SendAsync(Report(new AllocReport { Id = alloc.Id, Status = AllocStatus.Healthy }) with { Life = 1, Number = 8 }, default);
        // And whoever says it learns that.
        Assert.Equal(MillError.PreconditionFailed, (await Assert.ThrowsAsync<MillException>(() => _rig.Office.SendAsync(Report(new AllocReport { Id = alloc.Id, Status = AllocStatus.Starting }) with { Life = 1, Number = 7 }, default))).Error);
        Assert.Equal(MillError.PreconditionFailed, (await Assert.ThrowsAsync<MillException>(() => _rig.Office.SendAsync(Report() with { Life = 0, Number = 9 }, default))).Error);

        Assert.Equal(AllocStatus.Healthy, (await _rig.FleetAsync()).Allocs[alloc.Id].Status);
        var revision = (await _rig.NowAsync()).Revision;
        await _rig.Office.SendAsync(Report(new AllocReport { Id = alloc.Id, Status = AllocStatus.Healthy }) with { Life = 1, Number = 8 }, default);
        Assert.Equal(revision, (await _rig.NowAsync()).Revision);
    }

    [Fact]
    public async Task What_does_not_fit_into_one_commit_takes_several()
    {
        await _rig.Office.SendAsync(Report() with { Cpu = 1000, Memory = 1L << 40 }, default);
        await DeployAsync(replicas: 300);
        var fleet = await DecideAsync();
        Assert.Equal(300, fleet.Allocs.Count);
        await _rig.Office.SendAsync(Report([.. fleet.Allocs.Keys.Select(id => new AllocReport { Id = id, Status = AllocStatus.Failed, LastLines = [new string('x', 500)] })]) with { Cpu = 1000, Memory = 1L << 40 }, default);

        Assert.All((await _rig.FleetAsync()).Allocs.Values.Where(alloc => fleet.Allocs.ContainsKey(alloc.Id)), alloc => Assert.Equal(AllocStatus.Failed, alloc.Status));
    }

    [Fact]
    public async Task Who_is_not_of_the_cluster_is_not_heard()
    {
        await CommitAsync(new StateChange(new AuthorityKey(), new AuthorityRecord { Certificate = [1], SealedKey = "s", KeyId = "k", CreatedAt = new(1) }));

        Assert.Equal(MillError.Forbidden, (await Assert.ThrowsAsync<MillException>(() => _rig.Office.SendAsync(Report(), default))).Error);
        Assert.Empty((await _rig.FleetAsync()).Nodes);
    }

    [Fact]
    public async Task It_goes_on_whatever_goes_wrong()
    {
        var broken = new BrokenState(_rig.State, failures: 3);
        var office = _rig.OfficeOf(broken);
        await office.SendAsync(Report(), default);
        await DeployAsync(replicas: 1);
        broken.IsBroken = true;
        var work = office.RunAsync(_rig.Stopped);

        while ((await _rig.FleetAsync()).Allocs.Count is 0 && !work.IsCompleted)
        {
            // It waits after each failure.
            if (_rig.Time.ArmedTimers > 0) _rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.False(work.IsCompleted);
        await _rig.StopAsync();
        await Task.WhenAny(work);
        Assert.False(work.IsFaulted);
    }

    private static NodeReport Report(params AllocReport[] allocs) => new(FleetRig.Node(1), 4, 8L << 30, new Dictionary<string, string>(), allocs);

    private Task<Committed<DeployRecord>> DeployAsync(int replicas) => _rig.DeployAsync($"service \"web\" {{\n image = \"a\"\n cpu = 0.1\n replicas = {replicas}\n}}");

    /// <summary>As long as there is something to do.</summary>
    private async Task<FleetState> DecideAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_rig.Stopped);
        var work = _rig.Office.RunAsync(limit.Token);
        await _rig.UntilAsync(fleet => fleet.Services.TryGetValue("web", out var service) && fleet.Allocs.Count >= service.Spec.Replicas);
        await limit.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await _rig.FleetAsync();
    }

    private Task<Committed<Done>> CommitAsync(StateChange change) => _rig.State.CommitAsync(new PlainCommand(change), default);

    private sealed class PlainCommand(StateChange change) : StateCommand<Done>
    {
        public override Decision<Done> Decide(ClusterState state, Timestamp now) => new(new(), [change]);
    }

    /// <summary>A state that throws what nobody expects, a few times.</summary>
    private sealed class BrokenState(IReplicatedState state, int failures) : IReplicatedState
    {
        public bool IsBroken { get; set; }

        public int Left { get; private set; } = failures;

        public ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken)
        {
            if (IsBroken && Left-- > 0) throw (Left % 2) switch { 0 => new MillException(MillError.NotReady, "not yet"), _ => new InvalidOperationException("a fault") };
            return state.ReadAsync(read, cancellationToken);
        }

        public ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken) => state.TryConfirmAsync(level, cancellationToken);

        public ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken) => state.ReadAtAsync(moment, cancellationToken);

        public Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken) => state.CommitAsync(command, cancellationToken);

        public IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken) => state.FollowAsync(afterRevision, cancellationToken);
    }
}
