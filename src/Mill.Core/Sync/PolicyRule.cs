namespace Mill.Core.Sync;

/// <summary>One line of a policy. Patterns have <c>*</c> for any characters; letters match in either case.</summary>
/// <param name="IsAllowed">False where it denies, which wins.</param>
/// <param name="Names">Of secrets, as GitHub has them.</param>
/// <param name="Targets">As <see cref="SecretScope.ToString"/> writes them: <c>acme/*</c>, <c>acme/web@production</c>.</param>
public sealed record PolicyRule(bool IsAllowed, IReadOnlyList<string> Names, IReadOnlyList<string> Targets)
{
    /// <summary>Patterns of logins, where the rule is about what some people ask for; null for whoever asks.</summary>
    public IReadOnlyList<string>? Requesters { get; init; }
}
