using Mill.Core.Model;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Requirements;

/// <summary>Asks GitHub which of the secrets that are needed are there. Reads only: a token that may not write is enough.</summary>
public sealed class SecretCheck(GitHubClient client)
{
    /// <summary>Two questions, one more for each environment, and their further pages. What cannot be read makes names unknown; the rest is read all the same.</summary>
    public async Task<SecretReport> RunAsync(RepositoryName repository, SecretStore store, IReadOnlyList<RequiredSecret> required, CancellationToken cancellationToken)
    {
        var failures = new List<LayerFailure>();
        var own = await ListAsync(SecretScope.Of(repository, store), failures, cancellationToken).ConfigureAwait(false);
        var inherited = await InheritAsync(repository, store, failures, cancellationToken).ConfigureAwait(false);
        var views = new Dictionary<JobEnvironment, EffectiveView>();
        var shared = new EffectiveView([own, inherited]);
        var findings = new List<SecretFinding>();
        foreach (var secret in required)
        {
            var view = shared;
            // Environments have secrets for Actions only.
            if (secret.Environment is { } environment && store is SecretStore.Actions && !views.TryGetValue(environment, out view!))
            {
                var layer = environment.Name is { } name
                    ? await ListAsync(SecretScope.Of(repository, name), failures, cancellationToken).ConfigureAwait(false)
                    : SecretLayer.Unknown(null, "The environment is known only when the workflow runs.");
                views[environment] = view = new([layer, own, inherited]);
            }
            var standing = view.Find(secret.Name);
            findings.Add(new(secret, standing, standing.State is SecretState.Present ? null : Typos.Closest(secret.Name, view.Names)));
        }
        return new(repository, store, findings, failures);
    }

    private async Task<SecretLayer> ListAsync(SecretScope scope, List<LayerFailure> failures, CancellationToken cancellationToken)
    {
        try
        {
            return SecretLayer.Listed(scope, Names(await client.ListSecretsAsync(scope, cancellationToken).ConfigureAwait(false)));
        }
        catch (MillException e)
        {
            return Unread(scope, e, failures);
        }
    }

    private async Task<SecretLayer> InheritAsync(RepositoryName repository, SecretStore store, List<LayerFailure> failures, CancellationToken cancellationToken)
    {
        var scope = SecretScope.OfOrganization(repository.Owner, store);
        try
        {
            if (store is SecretStore.Actions) return SecretLayer.Inherited(scope, Names(await client.ListInheritedSecretsAsync(repository, cancellationToken).ConfigureAwait(false)));
            // GitHub tells a repository's view of Actions only. Of the other stores one can know that the whole organization has no such secret.
            return SecretLayer.Possible(scope, Names(await client.ListSecretsAsync(scope, cancellationToken).ConfigureAwait(false)).Keys);
        }
        catch (MillException e)
        {
            return Unread(scope, e, failures);
        }
    }

    private static SecretLayer Unread(SecretScope scope, MillException failure, List<LayerFailure> failures)
    {
        failures.Add(new(scope, failure));
        return SecretLayer.Unknown(scope, $"The secrets of {scope} could not be read: {failure.Message}");
    }

    // GitHub keeps them in upper case; that nothing hangs on it costs nothing.
    private static Dictionary<string, DateTimeOffset> Names(IReadOnlyList<RemoteSecret> secrets)
    {
        var names = new Dictionary<string, DateTimeOffset>();
        foreach (var secret in secrets) names[secret.Name] = secret.UpdatedAt;
        return names;
    }
}
