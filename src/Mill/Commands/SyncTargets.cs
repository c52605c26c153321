using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary>What <c>mill-sync.yaml</c> says of targets, and which of them somebody wants.</summary>
/// <param name="Chosen">In the order of the file.</param>
internal sealed record SyncTargets(SyncDocument Document, IReadOnlyList<SyncTarget> Chosen)
{
    public static Argument<string[]> Argument() => new("TARGET") { HelpName = "TARGET", Description = Words.SyncTargetsArgument, Arity = ArgumentArity.ZeroOrMore };

    /// <summary>Throws as <see cref="SyncFile.ReadAsync"/>, and <see cref="MillError.Usage"/> where the file has no targets, or not this one.</summary>
    /// <param name="file">Null for the usual one.</param>
    /// <param name="targets">As people write them; none for all. A repository stands for all its environments and stores, too.</param>
    public static async Task<SyncTargets> FindAsync(CliHost host, string? file, string[] targets, CancellationToken cancellationToken)
    {
        var place = SyncPlace.Find(host);
        var path = place.PathOf(file ?? SyncFile.DefaultName, isGiven: file is not null);
        var name = place.NameOf(path);
        var document = (await SyncFile.ReadAsync(path, name, cancellationToken).ConfigureAwait(false)).Document;
        if (document.Targets.Count is 0) throw new MillException(MillError.Usage, Words.NoSyncTargets(name)) { Hint = Words.NoSyncTargetsHint };
        return new(document, targets.Length is 0 ? document.Targets : Choose(document, targets, name));
    }

    private static IReadOnlyList<SyncTarget> Choose(SyncDocument document, string[] texts, string file)
    {
        var chosen = new HashSet<SyncTarget>();
        foreach (var text in texts)
        {
            if (!SecretScopes.TryParse(text, out var scope, out var reason)) throw new MillException(MillError.Usage, Words.NotASyncTarget(text, reason));
            var meant = document.Targets.Where(target => Means(scope, target.Scope)).ToList();
            if (meant.Count is 0) throw new MillException(MillError.Usage, Words.NoSuchSyncTarget(scope.ToString(), file)) { Hint = Words.NoSuchSyncTargetHint(document.Targets.Select(target => target.Scope.ToString())) };
            chosen.UnionWith(meant);
        }
        return [.. document.Targets.Where(chosen.Contains)];
    }

    private static bool Means(SecretScope typed, SecretScope target)
    {
        var isWhole = typed is { Repository: not null, Environment: null, Store: SecretStore.Actions };
        return isWhole ? typed.Repository == target.Repository : string.Equals(typed.ToString(), target.ToString(), StringComparison.OrdinalIgnoreCase);
    }
}
