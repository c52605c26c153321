namespace Mill.Core.Sync;

/// <summary>
/// What a workflow sees: an environment's secrets before those of the repository, and these before those of the organization
/// (https://docs.github.com/en/actions/reference/security/secrets).
/// </summary>
/// <param name="layers">What counts most comes first.</param>
public sealed class EffectiveView(IReadOnlyList<SecretLayer> layers)
{
    /// <summary>All that are known of, each as often as it is there.</summary>
    public IEnumerable<string> Names => layers.SelectMany(layer => layer.Secrets?.Keys ?? []);

    /// <param name="name">In upper case.</param>
    public SecretStanding Find(string name)
    {
        var reasons = new List<string>();
        var isSure = true;
        foreach (var layer in layers)
        {
            // One that could not be read may have it, too. Then a workflow gets that one, but it gets one.
            if (layer.Secrets?.TryGetValue(name, out var updatedAt) is true) return new(SecretState.Present, layer.Scope, updatedAt, reasons);
            if (layer.Unread is { } reason) reasons.Add(reason);
            if (layer.Uncertain.Contains(name)) reasons.Add($"{layer.Scope} has it, but GitHub does not say whether this repository sees it.");
            isSure &= layer.Secrets is not null && !layer.Uncertain.Contains(name);
            if (layer.Beyond.Contains(name)) reasons.Add($"{layer.Scope} has it, but no more than the first {SecretLayer.MostInherited} of its names reach a workflow.");
        }
        return new(isSure ? SecretState.Missing : SecretState.Unknown, null, null, reasons);
    }
}
