namespace Mill.Client.Providers;

/// <summary>What a vault must do before <see cref="VaultProvider.OpenAsync"/> returns.</summary>
public enum VaultStart
{
    /// <summary>It answers.</summary>
    Required,

    /// <summary>It answers, or the values it gave last are at hand (<see cref="VaultProviderOptions.LastGoodFile"/>).</summary>
    LastGood,

    /// <summary>Nothing: until it answers, secrets are unavailable.</summary>
    Optional,
}

/// <summary>Which secrets of which vault, and what to do while it cannot be asked.</summary>
public sealed record VaultProviderOptions
{
    /// <summary>The server, and who asks it.</summary>
    public required MillClientOptions Server { get; init; }

    public string Name { get; init; } = "vault";

    /// <summary>What the names in the vault begin with; keys are what follows it.</summary>
    public string Prefix { get; init; } = "";

    public VaultStart Start { get; init; } = VaultStart.Required;

    /// <summary>How long <see cref="VaultProvider.OpenAsync"/> waits for the vault.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the list of keys may take before those that are kept are given, with an error beside them. By default as long as the calls that it is made of.</summary>
    public TimeSpan ListTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>A file with the token, read again whenever the vault refuses the one in use: whoever renews tokens only writes it. Goes before the token of <see cref="Server"/>.</summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// Where the values that were used last are kept, sealed with a key that comes from the token, for a start while the vault is away; null keeps none. A later token opens nothing that an earlier one sealed.
    /// </summary>
    public string? LastGoodFile { get; init; }

    /// <summary>What cannot be meant; null where there is nothing.</summary>
    internal string? Fault()
    {
        foreach (var (time, name) in new[] { (StartTimeout, nameof(StartTimeout)), (ListTimeout, nameof(ListTimeout)) })
        {
            if (time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan) return $"The {name} of {Name} must be longer than nothing.";
        }
        return null;
    }

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"{Name}: {Server}";
}
