using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
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
            .Select(service => service with { Nodes = Nodes(view, fleet, service, spec), Spec = spec.Services.FirstOrDefault(one => one.Name == service.Name) })
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
        var wanted = fleet.AllocsOf(planned.Name).Where(alloc => alloc.IsWanted).ToList();
        return planned.Kind is StepKind.Adjust ? Forecast.Place(view, service, [], service.Replicas - wanted.Count) : Forecast.Place(view, service, wanted, service.Replicas);
    }
}

/// <param name="Kind">Null where nothing changes.</param>
public sealed record PlannedService(string Name, StepKind? Kind, IReadOnlyList<SpecDifference> Differences)
{
    /// <summary>Where each new replica would go; the last may have no place.</summary>
    public IReadOnlyList<Placing> Nodes { get; init; } = [];

    /// <summary>What it is to be; null where it goes.</summary>
    public ServiceSpec? Spec { get; init; }
}

/// <param name="Kind">Null where nothing changes.</param>
public sealed record PlannedTask(string Name, StepKind? Kind, IReadOnlyList<SpecDifference> Differences);

/// <summary>One thing that is not the same.</summary>
/// <param name="Path">Such as <c>container.image</c>, or <c>container.command[2]</c> for one thing of a list.</param>
/// <param name="Before">Null where it was not there.</param>
/// <param name="After">Null where it is not there any more.</param>
public sealed record SpecDifference(string Path, string? Before, string? After)
{
    /// <summary>In the order of the paths.</summary>
    public static IReadOnlyList<SpecDifference> Between(string before, string after)
    {
        using var old = JsonDocument.Parse(before);
        using var @new = JsonDocument.Parse(after);
        var found = new List<SpecDifference>();
        Compare("", old.RootElement, @new.RootElement, found);
        return [.. found.OrderBy(difference => difference.Path, StringComparer.Ordinal)];
    }

    private static void Compare(string path, JsonElement? before, JsonElement? after, List<SpecDifference> found)
    {
        if (Is(JsonValueKind.Object, before, after))
        {
            foreach (var name in Names(before).Union(Names(after))) Compare(path.Length is 0 ? name : $"{path}.{name}", Member(before, name), Member(after, name), found);
        }
        else if (before is { ValueKind: JsonValueKind.Array } old && after is { ValueKind: JsonValueKind.Array } @new && old.GetArrayLength() == @new.GetArrayLength())
        {
            // What stayed the same in a list is of no use to whoever reads a plan. A list of another length is one thing.
            for (var i = 0; i < old.GetArrayLength(); i++) Compare(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), old[i], @new[i], found);
        }
        else if (Text(before) is var one && Text(after) is var other && one != other)
        {
            found.Add(new(path, one, other));
        }
    }

    private static bool Is(JsonValueKind kind, JsonElement? one, JsonElement? other) => (one ?? other)?.ValueKind == kind && (other ?? one)?.ValueKind == kind;

    private static IEnumerable<string> Names(JsonElement? element) => element?.EnumerateObject().Select(member => member.Name) ?? [];

    private static JsonElement? Member(JsonElement? element, string name) => element is { } some && some.TryGetProperty(name, out var member) ? member : null;

    /// <summary>As people write it: a text is itself, and nothing is escaped that need not be.</summary>
    private static string? Text(JsonElement? element)
    {
        if (element is not { } some) return null;
        if (some.ValueKind is JsonValueKind.String) return some.GetString();
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) some.WriteTo(json);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
