namespace Mill.Secrets.Providers.Changes;

/// <summary>What happened to one secret.</summary>
internal readonly record struct KeyChange(string Key, SecretChangeKind Kind)
{
    /// <summary>Two changes one after the other, as one; null where they undo each other.</summary>
    public static SecretChangeKind? Sum(SecretChangeKind first, SecretChangeKind second) => (first, second) switch
    {
        (SecretChangeKind.Added, SecretChangeKind.Removed) => null,
        (SecretChangeKind.Added, _) => SecretChangeKind.Added,
        (_, SecretChangeKind.Removed) => SecretChangeKind.Removed,
        _ => SecretChangeKind.Rotated,
    };
}
