using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>Which of the secrets that are needed are there.</summary>
/// <param name="Findings">In the order in which they were asked for.</param>
/// <param name="Failures">What could not be read.</param>
public sealed record SecretReport(RepositoryName Repository, SecretStore Store, IReadOnlyList<SecretFinding> Findings, IReadOnlyList<LayerFailure> Failures)
{
    public IEnumerable<SecretFinding> In(SecretState state) => Findings.Where(finding => finding.Standing.State == state);
}

/// <param name="Similar">A name that is there, where this one may be misspelt; null for none.</param>
public sealed record SecretFinding(RequiredSecret Required, SecretStanding Standing, string? Similar);

/// <param name="Scope">Whose secrets could not be read.</param>
public sealed record LayerFailure(SecretScope Scope, MillException Failure);
