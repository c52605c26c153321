using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Ports;
using Mill.Orchestration;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core.Deploys;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.Orchestration;

/// <summary>Many short tasks, through the office and a store: <c>MILL_TASKS=10000</c> says how many.</summary>
public sealed class ManyTasksTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const int Wave = 100;
    private const int OneCommit = 50;

    private readonly CancellationTokenSource _stop = new();
    private readonly ManualTime _time = new();
    private readonly InMemoryStateStore _store = new() { Limits = new(128, 1 << 20) };
    private LocalState _state = null!;
    private FleetOffice _office = null!;
    private Task _pipeline = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _state = await LocalState.LoadAsync(_store, _time, NullLoggerFactory.Instance, default);
        _pipeline = _state.RunAsync(_stop.Token);
        _office = new(_state, () => true, TimeSpan.FromSeconds(10), _time, NullLogger<FleetOffice>.Instance);
        await _office.SendAsync(Report(), default);
        await _state.CommitAsync(new FleetCommand<DeployRecord>((draft, _) => DeployRules.Begin(draft, FleetRig.Spec("task \"job\" {\n image = \"job\"\n cpu = 0.1\n env { A = \"something to keep\" }\n}"), TenantId.Default, "ann")), default);
        _ = _office.RunAsync(_stop.Token);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pipeline.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _store.DisposeAsync();
    }

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task However_many_short_tasks_there_were_the_state_is_as_large_as_after_the_first()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("MILL_TASKS") ?? "1000", CultureInfo.InvariantCulture);
        var sizes = new List<(int Records, long Bytes)>();
        for (var started = 0; started < count; started += Wave)
        {
            await RunWaveAsync();
            sizes.Add(await SizeAsync());
            output.WriteLine(FormattableString.Invariant($"{started + Wave} tasks: {sizes[^1].Records} records, {sizes[^1].Bytes} bytes"));
        }

        var fleet = await FleetAsync();
        Assert.Equal(count, fleet.Numbers.NextAlloc - 1);
        Assert.Equal((count, count), (fleet.TaskTotals.Values.Single().Started, fleet.TaskTotals.Values.Single().Ended()));
        Assert.All(sizes, size => Assert.Equal(sizes[0].Records, size.Records));
        // Numbers become longer.
        Assert.All(sizes, size => Assert.InRange(size.Bytes, 0, sizes[0].Bytes * 21 / 20));

        _time.Advance(TimeSpan.FromHours(25));
        Assert.Empty((await UntilAsync(now => now.Allocs.IsEmpty)).Allocs);
    }

    /// <summary>Starts many, has them run and end, and waits until what is too much was forgotten.</summary>
    private async Task RunWaveAsync()
    {
        for (var started = 0; started < Wave; started += OneCommit)
        {
            await _state.CommitAsync(new FleetCommand<int>((draft, _) =>
            {
                var view = new PlacementView(draft.Fleet);
                for (var task = 0; task < OneCommit; task++) TaskRules.Start(draft, view, draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann");
                return 0;
            }), default);
        }
        await SayAsync(alloc => new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = new(1) });
        _time.Advance(TimeSpan.FromSeconds(1));
        await SayAsync(alloc => new() { Id = alloc.Id, Status = AllocStatus.Stopped, StartedAt = new(1), ExitCode = 0 });
        await UntilAsync(fleet => fleet.Allocs.Count <= 100 && fleet.Allocs.Values.All(alloc => alloc.IsTerminal));
    }

    private async Task SayAsync(Func<AllocRecord, AllocReport> say) =>
        await _office.SendAsync(Report([.. (await FleetAsync()).Allocs.Values.Where(alloc => !alloc.IsTerminal).Select(say)]), default);

    private static NodeReport Report(params AllocReport[] allocs) => new(FleetRig.Node(1), 1000, 1L << 40, new Dictionary<string, string>(), allocs);

    private async Task<FleetState> FleetAsync() => (await _state.ReadAsync(StateRead.Local, default)).Fleet;

    private async Task<FleetState> UntilAsync(Func<FleetState, bool> holds)
    {
        if (holds(await FleetAsync())) return await FleetAsync();
        await foreach (var _ in _state.FollowAsync(0, _stop.Token))
        {
            if (holds(await FleetAsync())) break;
        }
        return await FleetAsync();
    }

    private async Task<(int Records, long Bytes)> SizeAsync()
    {
        var (records, bytes) = (0, 0L);
        await _store.VisitAsync("", (key, value, _) => (records, bytes) = (records + 1, bytes + key.Length + value.Length), default);
        return (records, bytes);
    }
}
