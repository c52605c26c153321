using System.Globalization;
using System.Text;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Server.Api.Fleet;

namespace Mill.Server.Metrics;

/// <summary>What runs, in the Prometheus text format: written anew for each reader, so that what has ended, and what is another tenant's, leaves no series behind.</summary>
internal static class FleetMetrics
{
    /// <param name="tenant">Whose allocations; null for all.</param>
    /// <param name="name">How a node is called.</param>
    public static string Render(ClusterState seen, LiveView live, TenantId? tenant, Func<NodeId, string> name)
    {
        var text = new StringBuilder();
        var nodes = seen.Fleet.Nodes.Values.Where(node => !node.IsDown).Select(node => (Node: name(node.Node), Left: ServiceViews.ToItem(node, seen.Fleet))).ToList();
        Write(text, "mill_node_cpu_available", "gauge", "Cores of a node that nothing has taken.", nodes.Select(node => (Labels(("node", node.Node)), (double)(node.Left.Cpu.Total - node.Left.Cpu.Used))));
        Write(text, "mill_node_memory_available_bytes", "gauge", "Memory of a node that nothing has taken.", nodes.Select(node => (Labels(("node", node.Node)), (double)(node.Left.Memory.Total - node.Left.Memory.Used))));
        var allocs = seen.Fleet.Allocs.Values.Where(alloc => !alloc.IsTerminal && (tenant is null || alloc.Tenant == tenant)).Select(alloc => (Labels: Labels(("service", alloc.Name), ("node", name(alloc.Node)), ("alloc", alloc.Id)), Alloc: alloc, Usage: live.UsageOf(alloc.Id))).ToList();
        Write(text, "mill_alloc_cpu_usage", "gauge", "Cores that a container takes.", allocs.Where(one => one.Usage is not null).Select(one => (one.Labels, one.Usage!.Cpu)));
        Write(text, "mill_alloc_memory_bytes", "gauge", "Memory that a container takes.", allocs.Where(one => one.Usage is not null).Select(one => (one.Labels, (double)one.Usage!.Memory)));
        Write(text, "mill_alloc_restarts_total", "counter", "How many times the container of an allocation was started again.", allocs.Select(one => (one.Labels, (double)one.Alloc.Restarts)));
        Write(text, "mill_allocs", "gauge", "Allocations that have not ended, by what they are.", allocs.CountBy(one => FleetTexts.Of(one.Alloc.Status)).Select(count => (Labels(("status", count.Key)), (double)count.Value)));
        WriteTasks(text, [.. seen.Fleet.TaskTotals.Values.Where(totals => tenant is null || totals.Tenant == tenant)]);
        return text.ToString();
    }

    /// <summary>Two tenants may both have tasks without a template, which all have one name: here they are counted together.</summary>
    private static void WriteTasks(StringBuilder text, IReadOnlyList<TaskTotalsRecord> totals)
    {
        const string Length = "mill_tasks_duration_seconds";
        if (totals.Count is 0) return;
        var tasks = totals.GroupBy(one => one.Name, StringComparer.Ordinal).Select(group => (Labels: Labels(("task", group.Key)), All: group.ToList())).ToList();
        Write(text, "mill_tasks_spawned_total", "counter", "How many tasks were started.", tasks.Select(task => (task.Labels, (double)task.All.Sum(one => one.Started))));
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Length} How long tasks ran that have ended.\n# TYPE {Length} histogram\n");
        foreach (var (labels, all) in tasks)
        {
            var count = 0L;
            for (var place = 0; place <= TaskTotalsRecord.Bounds.Length; place++)
            {
                count += all.Sum(one => one.Lengths[place]);
                var bound = place < TaskTotalsRecord.Bounds.Length ? TaskTotalsRecord.Bounds[place].ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"{Length}_bucket{{{labels},le=\"{bound}\"}} {count}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"{Length}_sum{{{labels}}} {all.Sum(one => one.Microseconds) / 1e6:R}\n{Length}_count{{{labels}}} {count}\n");
        }
    }

    private static void Write(StringBuilder text, string name, string type, string help, IEnumerable<(string Labels, double Value)> series)
    {
        var all = series.ToList();
        if (all.Count is 0) return;
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach (var (labels, value) in all) text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {value:R}\n");
    }

    private static string Labels(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var tags = new KeyValuePair<string, object?>[labels.Length];
        for (var i = 0; i < labels.Length; i++) tags[i] = new(labels[i].Name, labels[i].Value);
        return TagKey.Labels(tags);
    }
}
