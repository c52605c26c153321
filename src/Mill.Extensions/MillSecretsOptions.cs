using Mill.Client.Providers;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

namespace Mill.Extensions;

/// <summary>
/// Where secrets come from, and what to do while they cannot be had. Set at most one of <see cref="Vault"/>, <see cref="Provider"/> and <see cref="Create"/>; with none of them, <see cref="Settings"/> say it.
/// </summary>
public class MillSecretsOptions
{
    /// <summary>How messages, metrics and health call it.</summary>
    public string Name { get; set; } = "secrets";

    public SecretStart Start { get; set; } = SecretStart.Required;

    /// <summary>How long a start may take. What is refused for good ends it at once.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A vault. Its own <see cref="VaultProviderOptions.Start"/> does not count here: <see cref="Start"/> does.</summary>
    public VaultProviderOptions? Vault { get; set; }

    /// <summary>A provider that somebody else made, and disposes.</summary>
    public ISecretProvider? Provider { get; set; }

    /// <summary>Makes a provider, which is disposed when it is not needed any more. Where it throws <see cref="SecretUnavailableException"/> it is called again later.</summary>
    public Func<CancellationToken, ValueTask<ISecretProvider>>? Create { get; set; }

    /// <summary>
    /// The text of a setting such as <see cref="SecretProviders.ChainSetting"/>, or null. By default services ask the application's configuration, where the environment mostly stands too, and the configuration
    /// source asks the environment.
    /// </summary>
    public Func<string, string?>? Settings { get; set; }

    /// <summary>Which providers <see cref="Settings"/> may name; by default those of Mill, and <c>vault</c>.</summary>
    public SecretProviderRegistry? Registry { get; set; }

    /// <summary>Where a vault's last good values are kept for the next start, sealed with a key that comes from the token. Goes before what the vault's own options or settings say.</summary>
    public string? LastGoodFile { get; set; }

    /// <summary>Learns every value before it is given, for logs that mask it (<c>AddMillRedaction</c>): what it cannot learn is not given. An application's <c>AddMillSecrets</c> sets it, and masks its logs. Null for none.</summary>
    public RedactionSet? Masks { get; set; }

    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>What cannot be meant, one sentence each; empty where all is well.</summary>
    internal IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(Name)) yield return "Secrets need a name.";
        if (new object?[] { Vault, Provider, Create }.Count(given => given is not null) > 1) yield return $"{Name}: only one of Vault, Provider and Create can be meant.";
        if (StartTimeout <= TimeSpan.Zero) yield return $"{Name}: StartTimeout must be longer than nothing.";
        if (Start is SecretStart.LastGood && Vault is { LastGoodFile: null } && LastGoodFile is null) yield return $"{Name}: a start with the last good values needs a LastGoodFile.";
        if (LastGoodFile is not null && (Provider ?? (object?)Create) is not null) yield return $"{Name}: LastGoodFile is for vaults; what is made elsewhere keeps its own.";
        foreach (var problem in MoreProblems()) yield return problem;
    }

    private protected virtual IEnumerable<string> MoreProblems() => [];
}
