using Mill.Core.Access;

namespace Mill.Core.Sync;

/// <summary>Who may have which secret. What is for provisioning never leaves; of the rules, one that denies wins over all that allow, and where there are rules, what none allows is denied.</summary>
/// <param name="rules">Null where nobody said anything: all but what is for provisioning may leave.</param>
/// <param name="provisioning">Patterns of names that never leave, besides <see cref="UsualProvisioning"/>; null for none.</param>
public sealed class SecretPolicy(IReadOnlyList<PolicyRule>? rules, IReadOnlyList<string>? provisioning)
{
    /// <summary>What opens clusters and machines, and not the one thing that a build needs.</summary>
    public static IReadOnlyList<string> UsualProvisioning { get; } =
    [
        "KUBECONFIG", "KUBECONFIG_*", "*_KUBECONFIG", "KUBE_CONFIG", "KUBE_CONFIG_*", "*_KUBE_CONFIG",
        "SSH_KEY", "*_SSH_KEY", "SSH_PRIVATE_KEY", "*_SSH_PRIVATE_KEY",
        "MILL_MASTER_KEY", "MILL_JOIN_TOKEN", "MILL_EXPORT_TOKEN", "GH_PAT",
    ];

    private readonly IReadOnlyList<string> _provisioning = [.. UsualProvisioning, .. provisioning ?? []];

    public static SecretPolicy Of(SyncDocument document) => new(document.Policy, document.Provisioning);

    /// <param name="name">As GitHub has it.</param>
    /// <param name="requester">The login of whoever asks for it; null where nobody does, or nobody knows who.</param>
    public Decision Judge(string name, SecretScope target, string? requester = null)
    {
        if (_provisioning.FirstOrDefault(pattern => Matches(pattern, name)) is { } kept) return Decision.Denied($"names like {kept} are for provisioning and never leave");
        if (rules is null) return Decision.Allowed("there is no policy");
        var place = target.ToString();
        if (Find(false, name, place, requester) is { } denying) return Decision.Denied(Named(denying));
        return Find(true, name, place, requester) is { } allowing ? Decision.Allowed(Named(allowing)) : Decision.Denied("no rule of the policy allows it");
    }

    /// <summary>What is for provisioning is so under any other name, too.</summary>
    /// <param name="secret">In the vault.</param>
    public Decision Judge(string name, string secret, SecretScope target)
    {
        // Also what stands behind a slash: prod/kube_config is a kube_config.
        for (var rest = secret; ; rest = rest[(rest.IndexOf('/', StringComparison.Ordinal) + 1)..])
        {
            if (_provisioning.FirstOrDefault(pattern => Matches(pattern, WantedSecrets.NameFor(rest))) is { } kept) return Decision.Denied($"{secret} is one of the names like {kept}, which are for provisioning and never leave");
            if (!rest.Contains('/', StringComparison.Ordinal)) return Judge(name, target);
        }
    }

    private PolicyRule? Find(bool isAllowed, string name, string place, string? requester) =>
        rules!.FirstOrDefault(rule => rule.IsAllowed == isAllowed && rule.Names.Any(pattern => Matches(pattern, name)) && rule.Targets.Any(pattern => Matches(pattern, place)) && IsAbout(rule, requester));

    /// <summary>Who is not known may be the one who is denied, and need not be the one who is allowed.</summary>
    private static bool IsAbout(PolicyRule rule, string? requester) =>
        rule.Requesters is not { } patterns || (requester is null ? !rule.IsAllowed : patterns.Any(pattern => Matches(pattern, requester)));

    // Counted as a reader of the file does.
    private string Named(PolicyRule rule)
    {
        var number = rules!.TakeWhile(other => !ReferenceEquals(other, rule)).Count() + 1;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"rule {number} of the policy {(rule.IsAllowed ? "allows" : "denies")} {string.Join(", ", rule.Names)} to {string.Join(", ", rule.Targets)}{(rule.Requesters is { } patterns ? $" where {string.Join(" or ", patterns)} asks" : "")}");
    }

    private static bool Matches(string pattern, string text) => NamePattern.Matches(pattern.ToUpperInvariant(), text.ToUpperInvariant());
}

/// <summary>What a policy says of one secret and one target.</summary>
/// <param name="Reason">The rule, as a part of a sentence.</param>
public sealed record Decision(bool IsAllowed, string Reason)
{
    public static Decision Allowed(string reason) => new(true, reason);

    public static Decision Denied(string reason) => new(false, reason);
}
