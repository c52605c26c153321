using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>The images of one deploy, fetched before anything that runs is touched: each once on every node where a new replica will probably go. Where another node is taken in the end, that one fetches it then.</summary>
internal sealed class ImagePulls(FleetDraft draft, DeployRecord deploy)
{
    /// <summary>Begins what is not under way for another service with the same image.</summary>
    public void Begin(ServiceSpec service)
    {
        var outdated = draft.Fleet.AllocsOf(service.Name).Where(alloc => alloc.IsWanted);
        var nodes = Forecast.Place(new PlacementView(draft.Fleet), service, outdated, service.Replicas).Select(placing => placing.Node).OfType<NodeId>().Distinct().ToList();
        foreach (var node in nodes.Where(node => !Of(service).Any(pull => pull.Node == node)))
        {
            draft.Put(new AllocRecord
            {
                Id = draft.NewAllocId($"{service.Name}-pull"),
                Name = service.Name,
                Kind = AllocKind.Pull,
                Tenant = deploy.Tenant,
                Node = node,
                Version = 0,
                // It takes no room, and knows nothing.
                Container = service.Container with { Cpu = 0, Memory = 0, Command = null, Port = null, Network = ContainerNetwork.Host, Env = new Dictionary<string, Template>(), SecretFiles = [], Volumes = [], StopGrace = TimeSpan.Zero },
                Deploy = deploy.Number,
                CreatedAt = draft.Now,
                Status = AllocStatus.Pulling,
            });
        }
    }

    /// <summary>Whether the image of a service is wherever it was wanted. A node that was lost does not count: nothing will go there.</summary>
    public bool AreDone(ServiceSpec service) => Of(service).All(pull => pull.IsTerminal);

    /// <summary>Why it will not be there; null for as long as it may.</summary>
    public string? WhyNot(ServiceSpec service) => Of(service).Select(WhyNot).FirstOrDefault(reason => reason is not null);

    /// <summary>Nobody waits for them any more.</summary>
    public void Stop(ServiceUpkeep upkeep)
    {
        foreach (var pull in All().Where(pull => pull.IsWanted).ToList()) upkeep.Stop(pull, "its deploy is over", TimeSpan.Zero);
    }

    private string? WhyNot(AllocRecord pull) => pull switch
    {
        { Status: AllocStatus.Failed, IsLost: false } => pull.Reason ?? $"{pull.Id} failed",
        { IsTerminal: false } when draft.HasCome(pull.CreatedAt + AllocTimes.PullDeadline) => $"{pull.Id} did not end within {Duration.Format(AllocTimes.PullDeadline)}",
        _ => null,
    };

    private IEnumerable<AllocRecord> Of(ServiceSpec service) => All().Where(pull => pull.Container.Image == service.Container.Image);

    private IEnumerable<AllocRecord> All() => draft.Fleet.Allocs.Values.Where(alloc => alloc.Kind is AllocKind.Pull && alloc.Deploy == deploy.Number);
}
