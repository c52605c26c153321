using System.Text.Json;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>What a deploy would do: data, to be shown before it is done.</summary>
public sealed record DeployPlan(IReadOnlyList<PlannedService> Services, IReadOnlyList<PlannedTask> Tasks)
{
    /// <summary>What makes this spec of what runs now.</summary>
    /// <param name="tenant">Whose services may be changed or removed.</param>
    public static DeployPlan Of(FleetState fleet, DeploySpec spec, TenantId tenant)
    {
        var view = new PlacementView(fleet);
        var services = spec.Services.Select(service => Plan(OwnedBy(tenant, fleet.Services.GetValueOrDefault(service.Name)), service))
            .Concat(fleet.Services.Values.Where(record => record.Tenant == tenant && !spec.Services.Any(service => service.Name == record.Spec.Name)).Select(record => new PlannedService(record.Spec.Name, StepKind.Remove, [])))
            .OrderBy(service => service.Name, StringComparer.Ordinal)
            .Select(service => service with { Nodes = Nodes(view, fleet, service, spec) })
            .ToList();
        var tasks = spec.Tasks.Select(task => Plan(OwnedBy(tenant, fleet.Tasks.GetValueOrDefault(task.Name)), task))
            .Concat(fleet.Tasks.Values.Where(record => record.Tenant == tenant && !spec.Tasks.Any(task => task.Name == record.Spec.Name)).Select(record => new PlannedTask(record.Spec.Name, StepKind.Remove, [])))
            .OrderBy(task => task.Name, StringComparer.Ordinal)
            .ToList();
        return new(services, tasks);
    }

    /// <summary>What is another's is not shown; who deploys it is told that the name is taken.</summary>
    private static ServiceRecord? OwnedBy(TenantId tenant, ServiceRecord? record) => record?.Tenant == tenant ? record : null;

    private static TaskRecord? OwnedBy(TenantId tenant, TaskRecord? record) => record?.Tenant == tenant ? record : null;

    private static PlannedService Plan(ServiceRecord? before, ServiceSpec after)
    {
        if (before is null) return new(after.Name, StepKind.Add, []);
        var differences = SpecDifference.Between(SpecJson.Text(before.Spec), SpecJson.Text(after));
        var isNew = SpecJson.Text(before.Spec.Container) != SpecJson.Text(after.Container) || SpecJson.Text(before.Spec.Health) != SpecJson.Text(after.Health);
        return new(after.Name, differences.Count is 0 ? null : isNew ? StepKind.Change : StepKind.Adjust, differences);
    }

    private static PlannedTask Plan(TaskRecord? before, TaskSpec after)
    {
        if (before is null) return new(after.Name, StepKind.Add, []);
        var differences = SpecDifference.Between(SpecJson.Text(before.Spec), SpecJson.Text(after));
        return new(after.Name, differences.Count is 0 ? null : StepKind.Adjust, differences);
    }

    /// <summary>Where the new replicas would go, as far as can be told beforehand.</summary>
    private static List<Placing> Nodes(PlacementView view, FleetState fleet, PlannedService planned, DeploySpec spec)
    {
        if (planned.Kind is not (StepKind.Add or StepKind.Change or StepKind.Adjust)) return [];
        var service = spec.Services.First(service => service.Name == planned.Name);
        var existing = planned.Kind is StepKind.Adjust ? fleet.AllocsOf(planned.Name).Count(alloc => alloc.IsWanted) : 0;
        var placings = new List<Placing>();
        for (var i = existing; i < service.Replicas; i++)
        {
            var placing = view.Choose(service.Container, service.Name);
            placings.Add(placing);
            if (placing.Node is not { } node) break;
            view.Add(new()
            {
                Id = "",
                Name = service.Name,
                Kind = AllocKind.Service,
                Tenant = default,
                Node = node,
                Version = 0,
                Container = service.Container,
                CreatedAt = default,
                Status = AllocStatus.Pulling,
            });
        }
        return placings;
    }
}

/// <param name="Kind">Null where nothing changes.</param>
public sealed record PlannedService(string Name, StepKind? Kind, IReadOnlyList<SpecDifference> Differences)
{
    /// <summary>Where each new replica would go; the last may have no place.</summary>
    public IReadOnlyList<Placing> Nodes { get; init; } = [];
}

/// <param name="Kind">Null where nothing changes.</param>
public sealed record PlannedTask(string Name, StepKind? Kind, IReadOnlyList<SpecDifference> Differences);

/// <summary>One thing that is not the same.</summary>
/// <param name="Path">Such as <c>container.image</c>.</param>
/// <param name="Before">Null where it was not there.</param>
/// <param name="After">Null where it is not there any more.</param>
public sealed record SpecDifference(string Path, string? Before, string? After)
{
    /// <summary>In the order of the paths.</summary>
    public static IReadOnlyList<SpecDifference> Between(string before, string after)
    {
        var (old, @new) = (Leaves(before), Leaves(after));
        return [.. old.Keys.Union(@new.Keys).Order(StringComparer.Ordinal).Select(path => new SpecDifference(path, old.GetValueOrDefault(path), @new.GetValueOrDefault(path))).Where(found => found.Before != found.After)];
    }

    private static Dictionary<string, string> Leaves(string json)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        using var document = JsonDocument.Parse(json);
        Add("", document.RootElement);
        return leaves;

        void Add(string path, JsonElement element)
        {
            if (element.ValueKind is JsonValueKind.Object)
            {
                foreach (var member in element.EnumerateObject()) Add(path.Length is 0 ? member.Name : $"{path}.{member.Name}", member.Value);
            }
            else
            {
                // A list is one thing to whoever reads a plan.
                leaves[path] = element.ToString();
            }
        }
    }
}
