namespace Mill.Testing.Histories;

/// <summary>What a caller was told. Moments are in microseconds since 1970.</summary>
public abstract record SecretAnswer
{
    /// <summary>Of a set. <paramref name="Created"/> is null where the client does not tell it.</summary>
    public sealed record Written(int Version, long? ValidFrom, bool Changed, bool? Created = null) : SecretAnswer
    {
        public override string ToString() => $"version {Version} from {ValidFrom.Or("?")}{(Changed ? "" : ", unchanged")}";
    }

    public sealed record Deleted : SecretAnswer
    {
        public override string ToString() => "deleted";
    }

    public sealed record Committed(IReadOnlyList<ChangeAnswer> Results, long? ValidFrom) : SecretAnswer
    {
        public override string ToString() => $"[{string.Join("; ", Results)}] from {ValidFrom.Or("?")}";
    }

    public sealed record Found(SeenVersion Version, string Value) : SecretAnswer
    {
        public override string ToString() => $"{Value}: {Version}";
    }

    public sealed record Versions(IReadOnlyList<SeenVersion> NewestFirst) : SecretAnswer
    {
        public override string ToString() => string.Join(", ", NewestFirst);
    }

    public sealed record NotFound : SecretAnswer
    {
        public override string ToString() => "not found";
    }

    /// <param name="Current">Of a single write: the version that is current.</param>
    /// <param name="Failed">Of a transaction: which of its operations stood in the way.</param>
    public sealed record PreconditionFailed(int? Current, string Failed = "") : SecretAnswer
    {
        public override string ToString() => $"precondition failed, {(Failed.Length > 0 ? $"operations {Failed}" : $"current is {((long?)Current).Or("nothing")}")}";
    }

    /// <summary>The key was used with another request.</summary>
    public sealed record KeyMismatch : SecretAnswer
    {
        public override string ToString() => "key was used otherwise";
    }

    /// <summary>The moment asked for has not come.</summary>
    public sealed record TooEarly : SecretAnswer
    {
        public override string ToString() => "too early";
    }
}

public sealed record ChangeAnswer(int Version, bool Changed)
{
    public override string ToString() => $"{Version}{(Changed ? "" : " unchanged")}";
}

/// <summary>A version as a read or a history shows it.</summary>
/// <param name="State"><c>current</c>, <c>superseded</c> or <c>deleted</c>.</param>
/// <param name="ValidFrom">Null only where a model cannot know it.</param>
/// <param name="ValidTo">Null while it is current, or where a model cannot know it.</param>
public sealed record SeenVersion(int Number, string State, long? ValidFrom, long? ValidTo)
{
    public const string Current = "current";
    public const string Superseded = "superseded";
    public const string Deleted = "deleted";

    public override string ToString() => $"version {Number} {State} [{ValidFrom.Or("?")}, {ValidTo.Or((State == Current ? "" : "?"))})";
}
