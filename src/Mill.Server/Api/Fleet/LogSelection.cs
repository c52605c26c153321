using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Server.Api.Fleet;

/// <summary>Whose log is read.</summary>
/// <param name="Name">Of a service, a task, or the id of an allocation; null for all services.</param>
internal sealed record LogSelection(string? Name, TenantId Tenant)
{
    /// <summary>How many allocations are read for one log: each takes a file or a connection.</summary>
    public const int Most = 256;

    /// <summary>Those that have not ended, and then those that were made last, as many as are read.</summary>
    public List<AllocRecord> Of(FleetState fleet) => [.. All(fleet).OrderBy(alloc => alloc.IsTerminal).ThenByDescending(alloc => alloc.CreatedAt).Take(Most)];

    /// <summary>A service goes on, whatever becomes of its containers.</summary>
    public bool IsToCome(FleetState fleet) => Name is null || (fleet.Services.TryGetValue(Name, out var service) && service.Tenant == Tenant) || All(fleet).Any(alloc => !alloc.IsTerminal);

    /// <summary>Throws <see cref="MillError.NotFound"/> for a name that stands for nothing, with the nearest that does.</summary>
    public void DemandKnown(FleetState fleet)
    {
        if (Name is null || IsNamed(fleet) || All(fleet).Any()) return;
        var known = fleet.Services.Where(service => service.Value.Tenant == Tenant).Select(service => service.Key)
            .Concat(fleet.Tasks.Where(task => task.Value.Tenant == Tenant).Select(task => task.Key)).Concat(fleet.Allocs.Values.Where(alloc => alloc.Tenant == Tenant).Select(alloc => alloc.Id));
        throw new MillException(MillError.NotFound, "There is no service, task or container with this name.") { Hint = Typos.Closest(Name, known) is { } closest ? $"Did you mean {closest}?" : "See what runs: mill status, mill tasks" };
    }

    private bool IsNamed(FleetState fleet) => (fleet.Services.TryGetValue(Name!, out var service) && service.Tenant == Tenant) || (fleet.Tasks.TryGetValue(Name!, out var task) && task.Tenant == Tenant);

    private IEnumerable<AllocRecord> All(FleetState fleet) => fleet.Allocs.Values.Where(alloc => alloc.Tenant == Tenant && alloc.Kind is not AllocKind.Pull && (Name is null ? alloc.Kind is AllocKind.Service : alloc.Id == Name || alloc.Name == Name));
}
