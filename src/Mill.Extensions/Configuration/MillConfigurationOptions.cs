using Mill.Secrets.Providers;

namespace Mill.Extensions.Configuration;

/// <summary>Which secrets become settings, under which names, and how changes come in.</summary>
public sealed class MillConfigurationOptions : MillSecretsOptions
{
    /// <summary>Only secrets whose keys begin so become settings; the name of the setting begins after it.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>What stands in a key where a setting has <c>:</c>. The longest that fits counts.</summary>
    public IReadOnlyList<string> Separators { get; set; } = ["__", "/"];

    /// <summary>The name of the setting for what follows <see cref="Prefix"/>; null leaves the secret out. Instead of <see cref="Separators"/>.</summary>
    public Func<string, string?>? MapKey { get; set; }

    /// <summary>Keys to ask for besides those that are listed: for places that list none, such as the environment.</summary>
    public IReadOnlyCollection<string> Keys { get; set; } = [];

    /// <summary>How often everything is read again, besides what the place tells of: for places that tell nothing, and for what may have been missed.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait after a change, so that what changes together is one reload.</summary>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Told why settings may not be the latest, when that begins or becomes something else, and null when all is well again. Must not throw; what it throws is swallowed.</summary>
    public Action<SecretProviderException?>? ErrorChanged { get; set; }

    private protected override IEnumerable<string> MoreProblems()
    {
        if (RefreshInterval <= TimeSpan.Zero) yield return $"{Name}: RefreshInterval must be longer than nothing.";
        if (SettleTime < TimeSpan.Zero) yield return $"{Name}: SettleTime cannot be negative.";
        if (Separators.Any(string.IsNullOrEmpty)) yield return $"{Name}: an empty separator is none.";
    }
}
