using System.Runtime.CompilerServices;
using Mill.Core.Access;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Secrets.DotEnv;
using Mill.Vault.Env;
using Mill.Vault.Envelopes;
using Mill.Vault.Versions;

namespace Mill.Vault;

/// <summary>The vault over the replicated state. Holds nothing itself but the key ring.</summary>
internal sealed class SecretsVault(IReplicatedState state, IStateStore store, KeyRing.KeyRing ring) : IVault
{
    /// <summary>A check holds a second copy of everything: one at a time.</summary>
    private int _verifying;

    public async ValueTask<SealStatus> GetSealStatusAsync(CancellationToken cancellationToken) =>
        ring.Status(await state.ReadAsync(cancellationToken).ConfigureAwait(false));

    public async ValueTask<Observed<VaultStatus>> GetStatusAsync(Caller caller, ReadLevel level, CancellationToken cancellationToken)
    {
        var seen = await state.ReadAsync(new StateRead(level, null, caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        var (secrets, versions) = Visibility.Count(seen.Secrets(caller.Tenant), caller);
        return new(new(ring.Status(seen), secrets, versions), seen.Revision);
    }

    public async ValueTask<Observed<StateTotals>> GetTotalsAsync(Caller caller, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.ReadMetrics);
        var seen = await state.ReadAsync(new StateRead(IsConfirmed: caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        return new(Totals(seen, caller), seen.Revision);
    }

    public async ValueTask<Observed<SecretReading>> ReadAsync(Caller caller, ReadSecret request, CancellationToken cancellationToken)
    {
        Visibility.Demand(caller, request.Name, Verb.ReadValue);
        var seen = request.At is { } moment
            ? await state.ReadAtAsync(moment, cancellationToken).ConfigureAwait(false)
            : await state.ReadAsync(new StateRead(request.Level, StateSubject.Secret(new(caller.Tenant, request.Name)), caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        // Sealed is said before anything is looked up: it must not tell what exists.
        var unsealed = ring.Demand(seen);
        var version = Visibility.Find(seen, caller, request.Name) is { } history ? Visibility.Choose(history, request) : null;
        if (version is null) throw SecretDecisions.NotFound(request.Name);
        return new(new(VersionInfo.Of(version), EnvelopeSealer.Open(unsealed, version)), seen.Revision);
    }

    public async ValueTask<Observed<SecretPage>> ListAsync(Caller caller, ListSecrets request, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.ListNames);
        var seen = await state.ReadAsync(new StateRead(request.Level, null, caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        var found = seen.Secrets(caller.Tenant).StartingWith(request.Prefix, request.After)
            .Where(history => history.Current is not null && caller.Sees(history.Name))
            .Take(request.Limit + 1)
            .Select(history => VersionInfo.Of(history.Current!))
            .ToList();
        var page = found.Take(request.Limit).ToList();
        return new(new(page, found.Count > request.Limit ? page[^1].Name.Value : null), seen.Revision);
    }

    public async ValueTask<Observed<HistoryPage>> ReadHistoryAsync(Caller caller, ReadHistory request, CancellationToken cancellationToken)
    {
        Visibility.Demand(caller, request.Name, Verb.ReadHistory);
        var seen = await state.ReadAsync(new StateRead(request.Level, StateSubject.Secret(new(caller.Tenant, request.Name)), caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        var history = Visibility.Find(seen, caller, request.Name) ?? throw SecretDecisions.NotFound(request.Name);
        var oldest = history.Versions[0].Version;
        var newest = Math.Min(history.LastVersion, request.Before is { } before ? before - 1 : int.MaxValue);
        var last = Math.Max(oldest, newest - request.Limit + 1);
        var page = new List<VersionInfo>();
        for (var number = newest; number >= last; number--) page.Add(VersionInfo.Of(history.Find(number)!));
        return new(new(request.Name, page, page.Count > 0 && last > oldest ? last : null), seen.Revision);
    }

    public async Task<Committed<SetAnswer>> SetAsync(Caller caller, SetSecret request, WriteContext context, CancellationToken cancellationToken)
    {
        Visibility.Demand(caller, request.Name, Verb.SetSecret);
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false);
        using var command = new SetCommand(ring, unsealed, caller, request, context);
        return await state.CommitAsync(command, cancellationToken).ConfigureAwait(false);
    }

    public async Task<Committed<Done>> DeleteAsync(Caller caller, DeleteSecret request, WriteContext context, CancellationToken cancellationToken)
    {
        Visibility.Demand(caller, request.Name, Verb.DeleteSecret);
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false);
        return await state.CommitAsync(new DeleteCommand(ring, unsealed, caller, request, context), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Committed<Done>> DestroyAsync(Caller caller, DestroyVersions request, WriteContext context, CancellationToken cancellationToken)
    {
        Visibility.Demand(caller, request.Name, Verb.DestroyVersions);
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await DestroyAllAsync(new(ring, unsealed, caller, request, context, store.Limits), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whatever came of it: what may be destroyed must not stay in memory. A read that is under way may put a key back, for a minute.
            ring.Opened.Clear();
        }
    }

    public async Task<Committed<TransactionAnswer>> TransactAsync(Caller caller, Transaction request, WriteContext context, CancellationToken cancellationToken)
    {
        TransactionRules.Demand(caller, request);
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false);
        return await state.CommitAsync(new TransactionCommand(ring, unsealed, caller, request, context), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Observed<EnvExpansion>> ExpandEnvAsync(Caller caller, ExpandEnv request, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.ReadValue);
        var seen = request.At is { } moment
            ? await state.ReadAtAsync(moment, cancellationToken).ConfigureAwait(false)
            : await state.ReadAsync(new StateRead(request.Level, null, caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        // Sealed is said before anything is looked up: it must not tell what exists.
        using var expander = new EnvExpander(DotEnvDocument.Parse(request.Content), seen, ring.Demand(seen), caller, request);
        return new(expander.Run(cancellationToken), seen.Revision);
    }

    public async Task<Committed<EncryptedEnv>> EncryptEnvAsync(Caller caller, EncryptEnv request, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.SetSecret);
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false);
        using var plan = EnvPlan.Read(DotEnvDocument.Parse(request.Content), request.Values, cancellationToken);
        var (stored, revision, replayed) = await state.CommitAsync(new EncryptEnvCommand(ring, unsealed, caller, request, plan, context), cancellationToken).ConfigureAwait(false);
        return new(new(plan.Write(), stored), revision, replayed);
    }

    public async ValueTask<Observed<EncryptedEnv>> PreviewEncryptEnvAsync(Caller caller, EncryptEnv request, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.ReadValue);
        var seen = await state.ReadAsync(new StateRead(IsConfirmed: caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        var unsealed = ring.Demand(seen);
        using var plan = EnvPlan.Read(DotEnvDocument.Parse(request.Content), request.Values, cancellationToken);
        // The version that a value would get tells of secrets that were deleted, which only those see who may set them.
        if (plan.Stores.Count > 0) AccessRules.Demand(caller, Verb.SetSecret);
        var steps = EnvStep.Demand(plan, seen, caller, unsealed, request.FailOnExisting);
        return new(new(plan.Write(), new([.. steps.Select(step => step.Answer)])), seen.Revision);
    }

    public async IAsyncEnumerable<WatchStep> WatchAsync(Caller caller, string prefix, long? afterRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.ListNames);
        // The place to start from is fixed before the first step, so that nothing is missed in between.
        var after = afterRevision ?? (await state.ReadAsync(new StateRead(IsConfirmed: caller.IsConfirmed), cancellationToken).ConfigureAwait(false)).Revision;
        if (afterRevision is null) yield return new(after, []);
        await foreach (var advance in state.FollowAsync(after, cancellationToken).ConfigureAwait(false))
        {
            yield return new(advance.After, [.. SecretEvents.For(caller, prefix, advance)]);
        }
    }

    public async ValueTask<Observed<RetentionRecord>> ReadRetentionAsync(Caller caller, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerRetention);
        var seen = await state.ReadAsync(new StateRead(IsConfirmed: caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        return new(seen.Retentions.GetValueOrDefault(caller.Tenant) ?? new RetentionRecord { Tenant = caller.Tenant }, seen.Revision);
    }

    public async Task<Committed<Done>> SetRetentionAsync(Caller caller, RetentionRecord retention, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerRetention);
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false);
        return await state.CommitAsync(new RetentionCommand(ring, unsealed, caller, retention, context), cancellationToken).ConfigureAwait(false);
    }

    public async Task<VerifyReport> VerifyAsync(Caller caller, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.VerifyStore);
        // What is stored is opened from the master key on, not with keys that are at hand.
        var unsealed = await DemandAsync(cancellationToken).ConfigureAwait(false) with { Opened = null };
        if (Interlocked.Exchange(ref _verifying, 1) == 1) throw new MillException(MillError.RateLimited, "The store is being verified already.");
        try
        {
            return await new StoreCheck(store).RunAsync(unsealed, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _verifying, 0);
        }
    }

    public async ValueTask<StateBackup> BackUpAsync(Caller caller, BackupOrigin origin, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.BackUpStore);
        return StateBackup.Of(await state.ReadAsync(cancellationToken).ConfigureAwait(false), origin);
    }

    /// <summary>A number tells, too: who is no operator learns those of its own tenant only.</summary>
    private StateTotals Totals(ClusterState seen, Caller caller)
    {
        if (caller.Role is Role.Operator) return new(ring.Status(seen), seen.Tenants.Values.Sum(tenant => (long)tenant.ExistingCount), seen.Tenants.Values.Sum(tenant => tenant.VersionCount), seen.Tokens.Count);
        var (secrets, versions) = Visibility.Count(seen.Secrets(caller.Tenant), caller);
        return new(ring.Status(seen), secrets, versions, seen.Tokens.Values.Count(token => token.Tenant == caller.Tenant));
    }

    /// <summary>In as many commits as it takes; mostly one. What is destroyed stays so, whatever comes in between.</summary>
    private async Task<Committed<Done>> DestroyAllAsync(DestroyCommand command, CancellationToken cancellationToken)
    {
        var hasBegun = false;
        try
        {
            while (true)
            {
                var committed = await state.CommitAsync(command, cancellationToken).ConfigureAwait(false);
                if (!committed.IsPartial) return committed;
                hasBegun = true;
            }
        }
        catch (MillException e) when (hasBegun)
        {
            // Its own words may say that nothing was written.
            throw new MillException(e.Error, "Some of the versions are destroyed, the others not yet.", e) { Hint = "Send the same request again: it goes on with the others." };
        }
    }

    private async ValueTask<KeyRing.Unsealed> DemandAsync(CancellationToken cancellationToken) =>
        ring.Demand(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
}
