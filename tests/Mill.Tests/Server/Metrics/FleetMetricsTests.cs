using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Server;
using Mill.Server.Metrics;
using Xunit;

namespace Mill.Tests.Server.Metrics;

public sealed class FleetMetricsTests
{
    private static readonly TenantId Other = TenantId.TryParse("other", out var tenant) ? tenant : throw new InvalidOperationException("no tenant");

    private FleetState _fleet = FleetState.Empty;

    [Fact]
    public void Tasks_have_a_counter_and_a_cumulative_histogram_of_their_lengths()
    {
        Run("job", TenantId.Default, 2);
        Run("job", TenantId.Default, 45);

        var text = Render(TenantId.Default);
        Assert.Contains("# TYPE mill_tasks_spawned_total counter\nmill_tasks_spawned_total{task=\"job\"} 2\n", text, StringComparison.Ordinal);
        Assert.EndsWith("""
            # TYPE mill_tasks_duration_seconds histogram
            mill_tasks_duration_seconds_bucket{task="job",le="1"} 0
            mill_tasks_duration_seconds_bucket{task="job",le="5"} 1
            mill_tasks_duration_seconds_bucket{task="job",le="30"} 1
            mill_tasks_duration_seconds_bucket{task="job",le="60"} 2
            mill_tasks_duration_seconds_bucket{task="job",le="300"} 2
            mill_tasks_duration_seconds_bucket{task="job",le="600"} 2
            mill_tasks_duration_seconds_bucket{task="job",le="1800"} 2
            mill_tasks_duration_seconds_bucket{task="job",le="3600"} 2
            mill_tasks_duration_seconds_bucket{task="job",le="+Inf"} 2
            mill_tasks_duration_seconds_sum{task="job"} 47
            mill_tasks_duration_seconds_count{task="job"} 2

            """, text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_longer_than_any_bound_and_what_is_just_one_are_counted_where_they_belong()
    {
        Run("job", TenantId.Default, 1);
        Run("job", TenantId.Default, 7200);

        var text = Render(null);
        Assert.Contains("le=\"1\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("le=\"3600\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("le=\"+Inf\"} 2\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_series_is_there_once_also_where_tenants_have_tasks_of_one_name()
    {
        Run("run", TenantId.Default, 2);
        Run("run", Other, 3);
        Run("job", Other, 3);

        var series = Render(null).Split('\n').Where(line => line.Length > 0 && line[0] is not '#').Select(line => line[..line.LastIndexOf(' ')]).ToList();
        Assert.Equal(series.Distinct(), series);
        Assert.Contains("mill_tasks_spawned_total{task=\"run\"} 2\n", Render(null), StringComparison.Ordinal);
        Assert.Contains("mill_tasks_spawned_total{task=\"run\"} 1\n", Render(Other), StringComparison.Ordinal);
        Assert.DoesNotContain("task=\"job\"", Render(TenantId.Default), StringComparison.Ordinal);
        Assert.DoesNotContain("mill_tasks", Render(TenantId.TryParse("third", out var third) ? third : default), StringComparison.Ordinal);
    }

    private void Run(string name, TenantId tenant, int seconds)
    {
        var draft = new FleetDraft(_fleet, new(1_000_000));
        var alloc = new AllocRecord
        {
            Id = draft.NewAllocId(name),
            Name = name,
            Kind = AllocKind.Task,
            Tenant = tenant,
            Node = NodeId.From(new byte[8]),
            Version = 0,
            Container = MillFile.Read(new("app.mill", "task \"job\" { image = \"a\" }")).Tasks[0].Container,
            CreatedAt = new(1),
            Status = AllocStatus.Running,
            StartedAt = new(5),
        };
        draft.Put(alloc);
        draft.Put(alloc with { Status = AllocStatus.Stopped, EndedAt = alloc.StartedAt!.Value + TimeSpan.FromSeconds(seconds) });
        _fleet = draft.Fleet;
    }

    private string Render(TenantId? tenant) => FleetMetrics.Render(ClusterState.Empty with { Fleet = _fleet }, LiveView.Empty, tenant, node => node.Value);
}
