using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary>Which secrets somebody needs, and what says so.</summary>
/// <param name="Source">As a part of a sentence.</param>
/// <param name="Notes">What cannot be known.</param>
internal sealed record SyncNeeds(IReadOnlyList<RequiredSecret> Required, string Source, IReadOnlyList<MillProblem> Notes)
{
    private static readonly Dictionary<string, IReadOnlyList<string>> NoGroups = [];

    /// <summary>Null for none. Throws <see cref="MillError.Usage"/> for what no environment is called.</summary>
    /// <param name="text">As it was typed.</param>
    public static JobEnvironment? EnvironmentOf(string? text)
    {
        if (text is null) return null;
        return SecretScopes.ProblemOfEnvironment(text) is { } problem ? throw new MillException(MillError.Usage, Words.NotAnEnvironment(problem)) : new(text);
    }

    /// <summary>
    /// The names that were typed, else those of the file; and those of the workflows where neither names any, or somebody names their directory. Throws <see cref="MillError.Usage"/>
    /// where nothing says what is needed.
    /// </summary>
    /// <param name="place">Where to look for what nobody named.</param>
    /// <param name="file">Null for the usual one, which may be missing.</param>
    /// <param name="workflows">Null for the usual directory.</param>
    /// <param name="environmentOf">From the environment that a workflow names, or none, which one counts.</param>
    public static async Task<SyncNeeds> FindAsync(SyncPlace place, string[] names, string? file, string? workflows, Func<JobEnvironment?, JobEnvironment?> environmentOf, CancellationToken cancellationToken)
    {
        var path = place.PathOf(file ?? SyncFile.DefaultName, isGiven: file is not null);
        var declared = file is not null || File.Exists(path) ? await SyncFile.ReadAsync(path, place.NameOf(path), cancellationToken).ConfigureAwait(false) : null;
        var uses = new List<SecretUse>();
        var sources = new List<string>();
        if (names.Length > 0)
        {
            uses.AddRange(names.Select(name => new SecretUse(name, environmentOf(null), null)));
            sources.Add(Words.SyncFromArguments);
        }
        else if (declared is { Document.Required.Count: > 0 })
        {
            uses.AddRange(declared.Document.Required.Select(name => new SecretUse(name, environmentOf(null), declared.RequiredAt[name])));
            sources.Add(place.NameOf(path));
        }
        WorkflowFindings? found = null;
        if (workflows is not null || uses.Count is 0)
        {
            var directory = place.PathOf(workflows ?? WorkflowScan.DefaultDirectory, isGiven: workflows is not null);
            found = await WorkflowScan.ReadAsync(directory, place.NameOf, cancellationToken).ConfigureAwait(false);
            if (found is null) throw workflows is null ? new MillException(MillError.Usage, Words.NothingToCheck) { Hint = Words.NothingToCheckHint } : new(MillError.Usage, Words.NoWorkflows(workflows));
            uses.AddRange(found.Uses.Select(use => use with { Environment = environmentOf(use.Environment) }));
            sources.Add(place.NameOf(directory));
        }
        return new(RequiredSecrets.Of(uses, declared?.Document.Groups ?? NoGroups), string.Join(" + ", sources), found?.Notes ?? []);
    }
}
