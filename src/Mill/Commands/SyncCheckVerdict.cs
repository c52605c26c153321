using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary>What a check comes to, for an exit code.</summary>
internal static class SyncCheckVerdict
{
    /// <summary>
    /// Null where all is there. What is unknown comes before what is missing: a script must not take the one for the other. Its code is that of what failed, unless that is
    /// <see cref="MillError.NotFound"/>, which would say that secrets are missing, or several things failed in different ways.
    /// </summary>
    /// <param name="api">Of the GitHub that was asked.</param>
    public static MillException? Of(SecretReport report, Uri api)
    {
        var (missing, unknown) = (Names(report, SecretState.Missing), Names(report, SecretState.Unknown));
        var repository = report.Repository.ToString();
        if (unknown.Count > 0)
        {
            return new(CodeOf(report), Words.SyncUnknown(unknown, missing, repository, report.Failures is [var first, ..] ? first.Failure.Message : null)) { Hint = report.Failures.Select(layer => layer.Failure.Hint).FirstOrDefault(hint => hint is not null) ?? Words.SyncUnknownHint };
        }
        return missing.Count is 0 ? null : new(MillError.NotFound, Words.SyncMissing(missing, repository)) { Hint = Words.SyncMissingHint(RepositoryFinder.HostOf(api), repository) };
    }

    private static List<string> Names(SecretReport report, SecretState state) => [.. report.In(state).Select(finding => finding.Required.Name).Distinct()];

    private static MillError CodeOf(SecretReport report) => report.Failures.Select(layer => layer.Failure.Error).Distinct().ToList() switch
    {
        [var only and not MillError.NotFound] => only,
        _ => MillError.OutcomeUnknown,
    };
}
