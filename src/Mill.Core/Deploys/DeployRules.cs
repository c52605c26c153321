using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Core.Deploys;

/// <summary>How a deploy begins.</summary>
public static class DeployRules
{
    /// <summary>Throws <see cref="MillError.DeployInProgress"/> where another one is at work, and as <see cref="DemandResumed"/>.</summary>
    /// <param name="tenant">Who asks: of another's deploy they learn no more than that there is one.</param>
    public static void DemandIdle(FleetState fleet, TenantId tenant)
    {
        DemandResumed(fleet);
        if (fleet.Deploying is not { } deploy) return;
        throw deploy.Tenant == tenant
            ? new MillException(MillError.DeployInProgress, $"Deploy {deploy.Number} of {deploy.By} is at work since {deploy.StartedAt}.") { Hint = "Wait for it: mill deploys --follow. Or undo it: mill abort" }
            : new MillException(MillError.DeployInProgress, "Another deploy is at work.") { Hint = "Try again in a while." };
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
    public static DeployRecord Abort(FleetDraft draft, int? number, TenantId tenant, string by)
    {
        var deploy = number is { } wanted ? draft.Fleet.Deploys.GetValueOrDefault(wanted) : draft.Fleet.Deploying;
        if (deploy is null || deploy.Tenant != tenant) throw new MillException(MillError.NotFound, number is null ? "No deploy is at work." : $"There is no deploy {number}.") { Hint = "See which there are: mill deploys" };
        if (deploy.IsOver) throw new MillException(MillError.PreconditionFailed, $"Deploy {deploy.Number} is over.") { Hint = "Go back to how it was before: mill rollback" };
        return deploy.AbortedBy is null ? Put(draft, deploy with { AbortedBy = by }) : deploy;
    }

    /// <summary>Throws <see cref="MillError.UnresolvedReferences"/> with every secret that is not there for whoever deploys.</summary>
    /// <param name="exists">Whether there is a secret, as far as they may know.</param>
    public static void DemandSecrets(DeploySpec spec, Func<SecretName, bool> exists)
    {
        var missing = spec.Services.SelectMany(service => service.Container.Secrets().Select(name => (Name: name, By: $"service \"{service.Name}\"")))
            .Concat(spec.Tasks.SelectMany(task => task.Container.Secrets().Select(name => (Name: name, By: $"task \"{task.Name}\""))))
            .Concat(spec.Registries.SelectMany(registry => registry.Username.Secrets.Concat(registry.Password.Secrets).Select(name => (Name: name, By: $"registry \"{registry.Address}\""))))
            .Where(reference => !exists(reference.Name))
            .Select(reference => new MillProblem(MillError.NotFound.ToCode(), $"secret \"{reference.Name}\" not found (referenced by {reference.By})") { Name = reference.Name.Value })
            .ToList();
        if (missing.Count is 0) return;
        throw new MillException(MillError.UnresolvedReferences, missing.Count is 1 ? missing[0].Detail : $"{missing.Count} secrets were not found.")
        {
            Problems = missing.Count is 1 ? [] : missing,
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
        problems.AddRange(spec.Services.Where(service => fleet.Services.TryGetValue(service.Name, out var record) && record.Tenant != tenant).Select(service => $"The name \"{service.Name}\" is taken."));
        problems.AddRange(spec.Tasks.Where(task => fleet.Tasks.TryGetValue(task.Name, out var record) && record.Tenant != tenant).Select(task => $"The name \"{task.Name}\" is taken."));
        if (CircleOf(spec) is { } circle) problems.Add($"These services need each other's address before they can start: {string.Join(" → ", circle)}.");
        if (problems.Count is 0) return;
        throw new MillException(MillError.InvalidSpec, problems.Count is 1 ? problems[0] : $"{problems.Count} things stand in the way.")
        {
            Problems = problems.Count is 1 ? [] : [.. problems.Select(problem => new MillProblem(MillError.InvalidSpec.ToCode(), problem))],
        };
    }

    /// <summary>
    /// Begins one. What changes nothing is over at once. Tasks and registries change right away, and stay changed where a service fails: nothing runs that could. Throws as <see cref="DemandIdle"/>,
    /// <see cref="SpecRules.Demand(DeploySpec)"/> and <see cref="DemandPossible"/>.
    /// </summary>
    public static DeployRecord Begin(FleetDraft draft, DeploySpec spec, TenantId tenant, string by, int? backTo = null)
    {
        DemandIdle(draft.Fleet, tenant);
        spec = SpecRules.Demand(spec);
        DemandPossible(draft.Fleet, spec, tenant);
        var number = draft.NewDeployNumber();
        var plan = DeployPlan.Of(draft.Fleet, spec, tenant);
        foreach (var task in plan.Tasks.Where(task => task.Kind is StepKind.Remove)) draft.Remove(new TaskKey(task.Name));
        foreach (var task in spec.Tasks)
        {
            // A schedule counts from when it came to be.
            var known = draft.Fleet.Tasks.GetValueOrDefault(task.Name);
            draft.Put(new TaskKey(task.Name), new TaskRecord { Tenant = tenant, Spec = task, Deploy = number, ScheduledTo = task.Schedule is null ? null : known?.Spec.Schedule == task.Schedule ? known.ScheduledTo : draft.Now });
        }
        foreach (var gone in draft.Fleet.Registries.Values.Where(registry => registry.Tenant == tenant && !spec.Registries.Any(one => one.Address == registry.Spec.Address)).ToList()) draft.Remove(new RegistryKey(tenant, gone.Spec.Address));
        foreach (var registry in spec.Registries) draft.Put(new RegistryKey(tenant, registry.Address), new RegistryRecord { Tenant = tenant, Spec = registry });
        return Put(draft, new()
        {
            Number = number,
            By = by,
            Tenant = tenant,
            Kind = backTo is null ? DeployKind.Deploy : DeployKind.Rollback,
            BackTo = backTo,
            StartedAt = draft.Now,
            Spec = spec,
            Steps = [.. plan.Services.Where(service => service.Kind is not null).Select(service => new DeployStep(service.Name, service.Kind!.Value, StepPhase.Waiting) { Since = draft.Now })],
        });
    }

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
        if (candidates.Count is 0) return null;
        // Who goes back twice goes back further, and not to what they left.
        var latest = candidates[0];
        var before = latest.BackTo is not { } back ? latest.Number : latest.HasFailed ? back + 1 : back;
        var running = fleet.Services.Values.Where(service => service.Tenant == tenant).Select(service => SpecJson.Text(service.Spec)).ToList();
        return candidates.Find(deploy => deploy.Number < before && !deploy.HasFailed && !Services(deploy).SequenceEqual(running));
    }

    private static IEnumerable<string> Services(DeployRecord deploy) => deploy.Result!.Services.OrderBy(service => service.Name, StringComparer.Ordinal).Select(service => SpecJson.Text(service));

    private static DeployRecord Put(FleetDraft draft, DeployRecord deploy)
    {
        draft.Put(deploy);
        return deploy;
    }

    /// <summary>Services that need each other, in their order; null where none do.</summary>
    private static List<string>? CircleOf(DeploySpec spec)
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
