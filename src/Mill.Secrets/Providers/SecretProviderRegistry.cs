namespace Mill.Secrets.Providers;

/// <summary>Makes a provider from settings: a name of a setting in, its text or null out. Throws <see cref="SecretProviderException"/>.</summary>
public delegate ValueTask<ISecretProvider> CreateSecretProvider(Func<string, string?> settings, CancellationToken cancellationToken);

/// <summary>The names that may stand in <c>SECRET_PROVIDER_CHAIN</c>, and what each makes. Other assemblies add theirs.</summary>
public sealed class SecretProviderRegistry
{
    private readonly SortedDictionary<string, CreateSecretProvider> _factories = new(StringComparer.OrdinalIgnoreCase)
    {
        ["env"] = static (settings, _) => new(ConfiguredProviders.Environment(settings)),
        ["file"] = static (settings, cancellationToken) => ConfiguredProviders.FileAsync(settings, cancellationToken),
        ["memory"] = static (_, _) => new(new MemoryProvider()),
    };

    public IReadOnlyCollection<string> Names => _factories.Keys;

    /// <summary>Adds a kind of provider, or replaces it.</summary>
    public SecretProviderRegistry Add(string name, CreateSecretProvider create)
    {
        _factories[name] = create;
        return this;
    }

    internal CreateSecretProvider? Find(string name) => _factories.GetValueOrDefault(name);
}
