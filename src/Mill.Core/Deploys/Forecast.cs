using Mill.Core.Fleet;
using Mill.Core.Placement;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>Where new replicas would go, as far as can be told beforehand.</summary>
internal static class Forecast
{
    /// <summary>One after the other, as a roll does it: old ones make room meanwhile. What it finds a place for counts in the view afterwards. The last may have no place.</summary>
    /// <param name="view">To be thrown away.</param>
    /// <param name="outdated">Those in whose place the new ones come.</param>
    public static List<Placing> Place(PlacementView view, ServiceSpec service, IEnumerable<AllocRecord> outdated, int count)
    {
        // The newest is the first to end.
        var leaving = outdated.OrderByDescending(alloc => alloc.CreatedAt).ThenByDescending(alloc => alloc.Id, StringComparer.Ordinal).ToList();
        var ahead = service.Update.Order is UpdateOrder.StopFirst ? 0 : service.Update.MaxParallel;
        var placings = new List<Placing>();
        for (var i = 0; i < count; i++)
        {
            if (i >= ahead && i - ahead < leaving.Count) view.Remove(leaving[i - ahead]);
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
