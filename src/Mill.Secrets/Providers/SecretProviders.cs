namespace Mill.Secrets.Providers;

/// <summary>Makes the provider that settings ask for, such as those in the environment.</summary>
public static class SecretProviders
{
    /// <summary>Which providers, in the order they are asked: <c>env,file</c>. The default is <c>env</c>.</summary>
    public const string ChainSetting = "SECRET_PROVIDER_CHAIN";

    /// <summary>The file or directory of <c>file</c>.</summary>
    public const string FilePathSetting = "SECRET_FILE_PATH";

    /// <summary><c>dotenv</c>, <c>json</c> or <c>directory</c>; by default what the path looks like.</summary>
    public const string FileFormatSetting = "SECRET_FILE_FORMAT";

    /// <summary><c>true</c> to take a file that others may read.</summary>
    public const string FileAllowOthersSetting = "SECRET_FILE_ALLOW_OTHERS_TO_READ";

    /// <summary>Variables that start so are listed by <c>env</c>.</summary>
    public const string EnvironmentPrefixSetting = "SECRET_ENV_PREFIX";

    private const string Name = "settings";
    private const int MostTypos = 2;

    /// <summary>The provider that these settings ask for. Throws <see cref="SecretProviderException"/>.</summary>
    public static ValueTask<ISecretProvider> FromConfigurationAsync(IReadOnlyDictionary<string, string> settings, SecretProviderRegistry? registry = null, CancellationToken cancellationToken = default) =>
        FromConfigurationAsync(settings.GetValueOrDefault, registry, cancellationToken);

    /// <summary>The provider that the settings of this process ask for. Throws <see cref="SecretProviderException"/>.</summary>
    public static ValueTask<ISecretProvider> FromEnvironmentAsync(SecretProviderRegistry? registry = null, CancellationToken cancellationToken = default) =>
        FromConfigurationAsync(Environment.GetEnvironmentVariable, registry, cancellationToken);

    /// <summary>
    /// The provider that the settings ask for: one by itself, several as a chain. Throws <see cref="SecretConfigurationException"/> where they cannot be meant, and what a provider throws that cannot be
    /// opened.
    /// </summary>
    /// <param name="settings">The text of a setting; null where it is not set.</param>
    public static async ValueTask<ISecretProvider> FromConfigurationAsync(Func<string, string?> settings, SecretProviderRegistry? registry = null, CancellationToken cancellationToken = default)
    {
        var factories = Resolve(settings(ChainSetting) ?? "env", registry ?? new());
        var made = new List<ISecretProvider>();
        try
        {
            foreach (var create in factories) made.Add(await create(settings, cancellationToken).ConfigureAwait(false));
            return made is [var only] ? only : new ChainedProvider([.. made.Select(provider => new ChainLink(provider))]);
        }
        catch
        {
            foreach (var provider in made) await provider.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static List<CreateSecretProvider> Resolve(string chain, SecretProviderRegistry registry)
    {
        var names = chain.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0) throw Wrong("No providers configured.", registry);
        var unknown = names.Where(name => registry.Find(name) is null).Distinct().ToList();
        if (unknown.Count > 0) throw Wrong($"{ChainSetting} names what is no provider: {string.Join(", ", unknown.Select(name => Suggest(name, registry)))}.", registry);
        return [.. names.Select(name => registry.Find(name)!)];
    }

    private static string Suggest(string name, SecretProviderRegistry registry)
    {
        var nearest = registry.Names.MinBy(known => Distance(known, name.ToLowerInvariant()))!;
        return Distance(nearest, name.ToLowerInvariant()) <= MostTypos ? $"\"{name}\" (did you mean \"{nearest}\"?)" : $"\"{name}\"";
    }

    /// <summary>How many letters must be added, removed or changed (Levenshtein 1965).</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= right.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    private static SecretConfigurationException Wrong(string message, SecretProviderRegistry registry) =>
        new(Name, message) { Hint = $"The providers are {string.Join(", ", registry.Names)}." };
}
