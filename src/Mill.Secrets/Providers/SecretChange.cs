namespace Mill.Secrets.Providers;

/// <summary>What happened to secrets.</summary>
public enum SecretChangeKind
{
    Added,

    /// <summary>They were there, and have new values.</summary>
    Rotated,
    Removed,
}

/// <summary>Secrets that changed together. Says which, never what they hold.</summary>
/// <param name="Keys">In ordinal order.</param>
public sealed record SecretChange(SecretChangeKind Kind, params IReadOnlyList<string> Keys)
{
    public bool Equals(SecretChange? other) => other is not null && Kind == other.Kind && Keys.SequenceEqual(other.Keys);

    public override int GetHashCode() => Keys.Aggregate(Kind.GetHashCode(), HashCode.Combine);

    public override string ToString() => $"{Kind}: {string.Join(", ", Keys)}";
}
