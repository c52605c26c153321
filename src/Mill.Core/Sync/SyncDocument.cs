namespace Mill.Core.Sync;

/// <summary>What <c>mill-sync.yaml</c> says: what a build needs, and who is to have what.</summary>
/// <param name="Required">Names that builds of this repository need.</param>
/// <param name="Groups">By name: which others are needed, too, wherever it is.</param>
/// <param name="Policy">Null where the file says nothing about it.</param>
/// <param name="Provisioning">Patterns of names that never leave, besides the usual ones; null where the file says nothing about it.</param>
public sealed record SyncDocument(
    IReadOnlyList<string> Required,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Groups,
    IReadOnlyList<SyncTarget> Targets,
    IReadOnlyList<PolicyRule>? Policy,
    IReadOnlyList<string>? Provisioning);
