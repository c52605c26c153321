namespace Mill.Testing.Histories;

/// <summary>One request about the secrets of one tenant. Values are invented by a test and stand in its reports.</summary>
public abstract record SecretCall
{
    /// <summary>The names it is about.</summary>
    public abstract IEnumerable<string> Names { get; }

    /// <summary>The idempotency key, where the test chose one. Equal keys belong to equal tokens.</summary>
    public string? Key { get; init; }

    public bool IsWrite => this is Set or Delete or Transact;

    protected string KeyText => Key is null ? "" : $" key {Key}";

    // Sealed, or every record would print its members instead.
    public sealed override string ToString() => Text + KeyText;

    protected abstract string Text { get; }

    public sealed record Set(string Name, string Value, Condition Condition, bool Force = false) : SecretCall
    {
        public override IEnumerable<string> Names => [Name];

        protected override string Text => $"set {Name} = {Value}{Condition}{(Force ? " force" : "")}";
    }

    public sealed record Delete(string Name, Condition Condition) : SecretCall
    {
        public override IEnumerable<string> Names => [Name];

        protected override string Text => $"delete {Name}{Condition}";
    }

    public sealed record Transact(IReadOnlyList<Change> Changes) : SecretCall
    {
        public override IEnumerable<string> Names => Changes.Select(change => change.Name);

        protected override string Text => $"transact [{string.Join("; ", Changes)}]";
    }

    public sealed record Get(string Name) : SecretCall
    {
        public override IEnumerable<string> Names => [Name];

        protected override string Text => $"get {Name}";
    }

    public sealed record GetVersion(string Name, int Version) : SecretCall
    {
        public override IEnumerable<string> Names => [Name];

        protected override string Text => $"get {Name} version {Version}";
    }

    /// <param name="Moment">In microseconds since 1970.</param>
    public sealed record GetAt(string Name, long Moment) : SecretCall
    {
        public override IEnumerable<string> Names => [Name];

        protected override string Text => $"get {Name} at {Moment}";
    }

    /// <summary>The newest versions, one page of them.</summary>
    public sealed record History(string Name, int Limit) : SecretCall
    {
        public override IEnumerable<string> Names => [Name];

        protected override string Text => $"history {Name}, newest {Limit}";
    }
}

/// <summary>A set inside a transaction, or with no value a delete.</summary>
public sealed record Change(string Name, string? Value, Condition Condition)
{
    public override string ToString() => $"{(Value is null ? $"delete {Name}" : $"set {Name} = {Value}")}{Condition}";
}

/// <summary>What must be so for a write to happen: nothing, that the secret does not exist, or that a version is current.</summary>
public readonly record struct Condition(bool IfAbsent = false, int? IfVersion = null)
{
    public static Condition Always => default;

    public static Condition Absent => new(IfAbsent: true);

    public static Condition Version(int version) => new(IfVersion: version);

    public override string ToString() => this switch
    {
        { IfAbsent: true } => " if absent",
        { IfVersion: { } version } => $" if version {version}",
        _ => "",
    };
}
