using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Core.Deploys;

/// <summary>How a deploy begins.</summary>
public static class DeployRules
{
    /// <summary>Throws <see cref="MillError.DeployInProgress"/> where another one of the tenant is at work, and as <see cref="DemandResumed"/>. Those of others hold nobody up.</summary>
    public static void DemandIdle(FleetState fleet, TenantId tenant)
    {
        DemandResumed(fleet);
        if (fleet.DeployingOf(tenant) is not { } deploy) return;
        throw new MillException(MillError.DeployInProgress, $"Deploy {deploy.Number} of {deploy.By} is at work since {deploy.StartedAt}.") { Hint = "Wait for it: mill deploys --follow. Or undo it: mill abort" };
    }

    /// <summary>Throws <see cref="MillError.PreconditionFailed"/> after a restore, until somebody lets it run.</summary>
    public static void DemandResumed(FleetState fleet)
    {
        if (fleet.Numbers.IsPaused) throw new MillException(MillError.PreconditionFailed, "Nothing is started here: this state was restored from a backup, and what it says may run elsewhere.") { Hint = "Once it does not: mill resume" };
    }

    /// <summary>Lets what a restored state says run. Where it runs already, it changes nothing.</summary>
    /// <param name="by">Who wants it.</param>
    public static FleetRecord Resume(FleetDraft draft, string by)
    {
        ArgumentException.ThrowIfNullOrEmpty(by);
        var numbers = draft.Fleet.Numbers with { IsPaused = false };
        if (draft.Fleet.Numbers.IsPaused) draft.Put(new FleetKey(), numbers);
        return numbers;
    }

    /// <summary>
    /// Every service that the deploy has not done with goes back to what it was; one that is being removed is not brought back. Asked again, it changes nothing. Throws <see cref="MillError.NotFound"/> where there is no such
    /// deploy, <see cref="MillError.PreconditionFailed"/> where it is over.
    /// </summary>
    /// <param name="number">Null for the one that is at work.</param>
    /// <param name="ofAny">Whether a number may be that of another tenant's deploy: so it is for who looks after the whole cluster.</param>
    public static DeployRecord Abort(FleetDraft draft, int? number, TenantId tenant, string by, bool ofAny = false)
    {
        var deploy = number is { } wanted ? draft.Fleet.Deploys.GetValueOrDefault(wanted) : draft.Fleet.DeployingOf(tenant);
        if (deploy is null || (deploy.Tenant != tenant && !ofAny)) throw new MillException(MillError.NotFound, number is null ? "No deploy is at work." : $"There is no deploy {number}.") { Hint = "See which there are: mill deploys" };
        if (deploy.IsOver) throw new MillException(MillError.PreconditionFailed, $"Deploy {deploy.Number} is over.") { Hint = "Go back to how it was before: mill rollback" };
        return deploy.AbortedBy is null ? Put(draft, deploy with { AbortedBy = by }) : deploy;
    }

    /// <summary>Throws <see cref="MillError.UnresolvedReferences"/> with every secret that is not there for whoever deploys.</summary>
    /// <param name="exists">Whether there is a secret, as far as they may know.</param>
    /// <param name="known">The names of those that they may know.</param>
    public static void DemandSecrets(DeploySpec spec, Func<SecretName, bool> exists, Func<IEnumerable<string>> known)
    {
        var names = new Lazy<List<string>>(() => [.. known()]);
        var missing = spec.Services.SelectMany(service => service.Container.Secrets().Select(name => (Name: name, By: $"service \"{service.Name}\"")))
            .Concat(spec.Tasks.SelectMany(task => task.Container.Secrets().Select(name => (Name: name, By: $"task \"{task.Name}\""))))
            .Concat(spec.Registries.SelectMany(registry => registry.Username.Secrets.Concat(registry.Password.Secrets).Select(name => (Name: name, By: $"registry \"{registry.Address}\""))))
            .Where(reference => !exists(reference.Name))
            .Select(reference => new MillProblem(MillError.NotFound.ToCode(), $"secret \"{reference.Name}\" not found (referenced by {reference.By}){(Typos.Closest(reference.Name.Value, names.Value) is { } closest ? $". Did you mean {closest}?" : "")}") { Name = reference.Name.Value })
            .ToList();
        if (missing.Count is 0) return;
        throw new MillException(MillError.UnresolvedReferences, missing.Count is 1 ? missing[0].Detail : missing.DistinctBy(problem => problem.Name).Count() is > 1 and var count ? $"{count} secrets were not found." : "A secret was not found.")
        {
            Problems = missing,
            Hint = $"Store what is missing: mill secret set {missing[0].Name}",
        };
    }

    /// <summary>Throws <see cref="MillError.InvalidSpec"/> for what no node of the cluster could ever run, for names that are another tenant's, and for services that wait for each other.</summary>
    public static void DemandPossible(FleetState fleet, DeploySpec spec, TenantId tenant)
    {
        var problems = new List<string>();
        if (fleet.Nodes.Count is 0) problems.Add("No node of the cluster runs containers.");
        foreach (var (owner, container) in spec.Services.Select(service => (Owner: $"service \"{service.Name}\"", service.Container)).Concat(spec.Tasks.Select(task => (Owner: $"task \"{task.Name}\"", task.Container))))
        {
            if (fleet.Nodes.Count > 0 && !fleet.Nodes.Values.Any(node => node.Cpu >= container.Cpu && node.Memory >= container.Memory))
            {
                problems.Add(FormattableString.Invariant($"{owner} needs {container.Cpu:0.###} cores and {ByteSize.Format(container.Memory)}, more than any node has."));
            }
            problems.AddRange(container.Volumes.Where(volume => !volume.IsEphemeral).Select(volume => $"{owner} has the volume \"{volume.Name}\", and volumes that are kept are not there yet. Write ephemeral = true for one that is not."));
        }
        problems.AddRange(spec.Services.Where(service => IsTaken(fleet, service.Name, tenant)).Select(service => $"The name \"{service.Name}\" is taken."));
        problems.AddRange(spec.Tasks.Where(task => (fleet.Tasks.TryGetValue(task.Name, out var record) && record.Tenant != tenant) || fleet.Deploying.Values.Any(deploy => deploy.Tenant != tenant && deploy.Spec?.Tasks.Any(one => one.Name == task.Name) is true)).Select(task => $"The name \"{task.Name}\" is taken."));
        if (CircleOf(spec) is { } circle) problems.Add(Circular(circle));
        if (problems.Count is 0) return;
        throw new MillException(MillError.InvalidSpec, problems.Count is 1 ? problems[0] : $"{problems.Count} things stand in the way.")
        {
            Problems = problems.Count is 1 ? [] : [.. problems.Select(problem => new MillProblem(MillError.InvalidSpec.ToCode(), problem))],
        };
    }

    /// <summary>
    /// Begins one. What changes nothing is over at once. Tasks and registries change before any service, and stay changed where one fails: nothing runs that could. Throws as <see cref="DemandIdle"/>,
    /// <see cref="SpecRules.Demand(DeploySpec)"/> and <see cref="DemandPossible"/>.
    /// </summary>
    public static DeployRecord Begin(FleetDraft draft, DeploySpec spec, TenantId tenant, string by, int? backTo = null)
    {
        DemandIdle(draft.Fleet, tenant);
        spec = SpecRules.Demand(spec);
        DemandPossible(draft.Fleet, spec, tenant);
        var number = draft.NewDeployNumber();
        var plan = DeployPlan.Of(draft.Fleet, spec, tenant);
        var deploy = Put(draft, new()
        {
            Number = number,
            By = by,
            Tenant = tenant,
            Kind = backTo is null ? DeployKind.Deploy : DeployKind.Rollback,
            BackTo = backTo,
            StartedAt = draft.Now,
            Spec = spec,
            ChangesNothing = SpecJson.Text(spec) == SpecJson.Text(Running(draft.Fleet, tenant)),
            Steps = [.. plan.Services.Where(service => service.Kind is not null).Select(service => new DeployStep(service.Name, service.Kind!.Value, StepPhase.Waiting) { Since = draft.Now })],
        });
        Settle(draft, deploy);
        return deploy;
    }

    /// <summary>Makes tasks and registries what the deploy says, as far as the draft holds it: asked again, it goes on with what is left.</summary>
    internal static void Settle(FleetDraft draft, DeployRecord deploy)
    {
        if (deploy.Spec is not { } spec) return;
        var (tenant, tasks, registries) = (deploy.Tenant, draft.Fleet.Tasks, draft.Fleet.Registries);
        foreach (var task in spec.Tasks)
        {
            var known = tasks.GetValueOrDefault(task.Name);
            if (known?.Deploy == deploy.Number) continue;
            if (draft.IsFull) return;
            // A schedule counts from when it came to be.
            draft.Put(new TaskKey(task.Name), new TaskRecord { Tenant = tenant, Spec = task, Deploy = deploy.Number, ScheduledTo = task.Schedule is null ? null : known?.Spec.Schedule == task.Schedule ? known.ScheduledTo : draft.Now });
        }
        foreach (var registry in spec.Registries)
        {
            var key = new RegistryKey(tenant, registry.Address);
            if (registries.GetValueOrDefault(key.Id)?.Spec == registry) continue;
            if (draft.IsFull) return;
            draft.Put(key, new RegistryRecord { Tenant = tenant, Spec = registry });
        }
        var gone = tasks.Values.Where(task => task.Tenant == tenant && !spec.Tasks.Any(one => one.Name == task.Spec.Name)).Select(task => (RecordKey)new TaskKey(task.Spec.Name))
            .Concat(registries.Values.Where(registry => registry.Tenant == tenant && !spec.Registries.Any(one => one.Address == registry.Spec.Address)).Select(registry => new RegistryKey(tenant, registry.Spec.Address)));
        foreach (var key in gone)
        {
            if (draft.IsFull) return;
            draft.Remove(key);
        }
    }

    /// <summary>A service is another's as long as it is there, and as long as a deploy of theirs may bring it back, or ends what it ran.</summary>
    private static bool IsTaken(FleetState fleet, string service, TenantId tenant) =>
        (fleet.Services.TryGetValue(service, out var record) && record.Tenant != tenant) || fleet.Deploying.Values.Any(deploy => deploy.Tenant != tenant && deploy.Names(service));

    /// <summary>Begins to make the containers of a service anew. Throws <see cref="MillError.NotFound"/> where there is none.</summary>
    public static DeployRecord Restart(FleetDraft draft, string service, TenantId tenant, string by)
    {
        if (!draft.Fleet.Services.TryGetValue(service, out var record) || record.Tenant != tenant)
        {
            var closest = Typos.Closest(service, draft.Fleet.Services.Where(one => one.Value.Tenant == tenant).Select(one => one.Key));
            throw new MillException(MillError.NotFound, $"There is no service \"{service}\".") { Hint = closest is null ? "See what runs: mill status" : $"Did you mean {closest}?" };
        }
        DemandIdle(draft.Fleet, tenant);
        return Put(draft, new()
        {
            Number = draft.NewDeployNumber(),
            By = by,
            Tenant = tenant,
            Kind = DeployKind.Restart,
            StartedAt = draft.Now,
            Steps = [new(service, StepKind.Restart, StepPhase.Waiting) { Since = draft.Now }],
        });
    }

    /// <summary>
    /// The deploy to go back to: a certain one, or the last one before the one that counts now that ended well and left something else than what runs. Its <see cref="DeployRecord.Result"/> is what to begin. Throws
    /// <see cref="MillError.NotFound"/> where there is none.
    /// </summary>
    public static DeployRecord Earlier(FleetState fleet, TenantId tenant, int? number)
    {
        var candidates = fleet.Deploys.Values.Where(deploy => deploy.Tenant == tenant && deploy is { IsOver: true, Spec: not null }).Reverse().ToList();
        var found = number is { } wanted ? candidates.Find(deploy => deploy.Number == wanted) : Before(fleet, tenant, candidates);
        return found ?? throw new MillException(MillError.NotFound, number is null ? "There is no deploy to go back to." : $"There is no deploy {number} to go back to.") { Hint = "See which there are: mill deploys" };
    }

    private static DeployRecord? Before(FleetState fleet, TenantId tenant, List<DeployRecord> candidates)
    {
        // Who goes back twice goes back further, and not to what they left.
        if (candidates.Find(deploy => !deploy.ChangesNothing) is not { } latest) return null;
        var before = latest.BackTo is not { } back ? latest.Number : latest.HasFailed ? back + 1 : back;
        var running = SpecJson.Text(Running(fleet, tenant));
        return candidates.Find(deploy => deploy.Number < before && !deploy.HasFailed && SpecJson.Text(deploy.Result!) != running);
    }

    /// <summary>All that a tenant has, as a deploy of it would say it: tasks and registries count as services do.</summary>
    private static DeploySpec Running(FleetState fleet, TenantId tenant) => new()
    {
        Services = [.. fleet.Services.Values.Where(service => service.Tenant == tenant).Select(service => service.Spec)],
        Tasks = [.. fleet.Tasks.Values.Where(task => task.Tenant == tenant).Select(task => task.Spec)],
        Registries = [.. fleet.Registries.Values.Where(registry => registry.Tenant == tenant).Select(registry => registry.Spec).OrderBy(registry => registry.Address, StringComparer.Ordinal)],
    };

    private static DeployRecord Put(FleetDraft draft, DeployRecord deploy)
    {
        draft.Put(deploy);
        return deploy;
    }

    internal static string Circular(List<string> circle) => $"These services need each other's address before they can start: {string.Join(" → ", circle)}.";

    /// <summary>Services that need each other, in their order; null where none do.</summary>
    internal static List<string>? CircleOf(DeploySpec spec)
    {
        var needs = spec.Services.ToDictionary(service => service.Name, service => service.Container.Services().ToList(), StringComparer.Ordinal);
        var (done, path) = (new HashSet<string>(StringComparer.Ordinal), new List<string>());
        foreach (var name in needs.Keys)
        {
            if (Visit(name)) return path;
        }
        return null;

        bool Visit(string name)
        {
            if (path.IndexOf(name) is >= 0 and var start)
            {
                path.RemoveRange(0, start);
                path.Add(name);
                return true;
            }
            if (done.Contains(name) || !needs.TryGetValue(name, out var others)) return false;
            path.Add(name);
            if (others.Exists(Visit)) return true;
            path.RemoveAt(path.Count - 1);
            done.Add(name);
            return false;
        }
    }
}
