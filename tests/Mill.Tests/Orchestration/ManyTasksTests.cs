using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Ports;
using Mill.Tests.Core.Deploys;
using Xunit;
using Xunit.Abstractions;

namespace Mill.Tests.Orchestration;

/// <summary>Many short tasks, through the office and a store: <c>MILL_TASKS=10000</c> says how many.</summary>
public sealed class ManyTasksTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Wave = 100;
    private const int OneCommit = 50;

    private OfficeRig _rig = null!;

    public async Task InitializeAsync()
    {
        _rig = await OfficeRig.StartAsync();
        await _rig.Office.SendAsync(Report(), default);
        await _rig.DeployAsync("task \"job\" {\n image = \"job\"\n cpu = 0.1\n env { A = \"something to keep\" }\n}");
        _ = _rig.Office.RunAsync(_rig.Stopped);
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

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

        var fleet = await _rig.FleetAsync();
        Assert.Equal(count, fleet.Numbers.NextAlloc - 1);
        Assert.Equal((count, count), (fleet.TaskTotals.Values.Single().Started, fleet.TaskTotals.Values.Single().Ended()));
        Assert.All(sizes, size => Assert.Equal(sizes[0].Records, size.Records));
        // Numbers become longer.
        Assert.All(sizes, size => Assert.InRange(size.Bytes, 0, sizes[0].Bytes * 21 / 20));

        _rig.Time.Advance(TimeSpan.FromHours(25));
        Assert.Empty((await _rig.UntilAsync(now => now.Allocs.IsEmpty)).Allocs);
    }

    /// <summary>Starts many, has them run and end, and waits until what is too much was forgotten.</summary>
    private async Task RunWaveAsync()
    {
        for (var started = 0; started < Wave; started += OneCommit)
        {
            await _rig.CommitAsync(draft =>
            {
                var view = new PlacementView(draft.Fleet);
                for (var task = 0; task < OneCommit; task++) TaskRules.Start(draft, view, draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann");
                return 0;
            });
        }
        await SayAsync(alloc => new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = new(1) });
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        await SayAsync(alloc => new() { Id = alloc.Id, Status = AllocStatus.Stopped, StartedAt = new(1), ExitCode = 0 });
        await _rig.UntilAsync(fleet => fleet.Allocs.Count <= 100 && fleet.Allocs.Values.All(alloc => alloc.IsTerminal));
    }

    private async Task SayAsync(Func<AllocRecord, AllocReport> say) =>
        await _rig.Office.SendAsync(Report([.. (await _rig.FleetAsync()).Allocs.Values.Where(alloc => !alloc.IsTerminal).Select(say)]), default);

    private static NodeReport Report(params AllocReport[] allocs) => new(FleetRig.Node(1), 1000, 1L << 40, new Dictionary<string, string>(), allocs);

    private async Task<(int Records, long Bytes)> SizeAsync()
    {
        var (records, bytes) = (0, 0L);
        await _rig.Store.VisitAsync("", (key, value, _) => (records, bytes) = (records + 1, bytes + key.Length + value.Length), default);
        return (records, bytes);
    }
}
