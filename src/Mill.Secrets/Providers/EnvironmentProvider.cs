using System.Collections;
using Mill.Secrets.Providers.Environments;
using Mill.Secrets.Providers.Files;

namespace Mill.Secrets.Providers;

/// <summary>
/// Secrets in environment variables: read only, not to be watched. The runtime holds every variable as a string, which cannot be cleared: prefer files where there is a choice.
/// </summary>
public sealed class EnvironmentProvider(EnvironmentProviderOptions? options = null) : ISecretProvider
{
    private const string FileSuffix = "_FILE";

    private readonly EnvironmentProviderOptions _options = options ?? new();

    public string Name => _options.Name;

    public SecretCapabilities Capabilities => SecretCapabilities.Read | (Lists ? SecretCapabilities.List : SecretCapabilities.None);

    private bool Lists => _options.ListedPrefix is not null || _options.ListedKeys.Count > 0;

    public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<SecretLookup>(cancellationToken);
        foreach (var name in EnvironmentNaming.NamesOf(key, _options.Names))
        {
            if (Environment.GetEnvironmentVariable(name) is { } text) return new(Found(name, text));
            if (_options.ReadsFiles && Environment.GetEnvironmentVariable(name + FileSuffix) is { Length: > 0 } path) return ReadFileAsync(name + FileSuffix, path, cancellationToken);
        }
        return new(SecretLookup.NotFound(Name));
    }

    public ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default) =>
        ValueTask.FromException(new SecretUnsupportedException(Name, $"The environment takes no secrets: \"{key}\" was not set.")
        {
            Hint = "Set the variable before the program starts, or add a provider that can be written.",
        });

    public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<SecretKeys>(cancellationToken);
        return new(Lists ? SecretKeys.Of(PrefixedKeys().Concat(_options.ListedKeys.Where(IsThere))) : SecretKeys.None);
    }

    /// <summary>The environment of a process does not change from outside: ends at once.</summary>
    public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<SecretChange>();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private SecretLookup Found(string name, string text) => EnvironmentBytes.WasText(name, text)
        ? SecretLookup.Found(SecretValue.FromText(text), Name)
        : SecretLookup.Unavailable(new SecretUnavailableException(Name, $"The variable {name} is not text in UTF-8."));

    private async ValueTask<SecretLookup> ReadFileAsync(string name, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var content = await new FileOrigin(Name, path, AllowsOthers: true).ReadAsync(cancellationToken).ConfigureAwait(false);
            return SecretLookup.Found(SecretValue.FromBytes(KeyFiles.WithoutNewline(content.WrittenSpan)), Name);
        }
        catch (SecretProviderException e)
        {
            return SecretLookup.Unavailable(new SecretUnavailableException(Name, $"The variable {name} names a file that cannot be used. {e.Message}", e) { Hint = e.Hint });
        }
    }

    private IEnumerable<string> PrefixedKeys() => _options.ListedPrefix is not { } prefix
        ? []
        : Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => (string)variable.Key)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(WithoutFileSuffix)
            .Select(name => EnvironmentNaming.KeyOf(name, _options.Names));

    private bool IsThere(string key) => EnvironmentNaming.NamesOf(key, _options.Names)
        .Any(name => Environment.GetEnvironmentVariable(name) is not null || (_options.ReadsFiles && Environment.GetEnvironmentVariable(name + FileSuffix) is { Length: > 0 }));

    private string WithoutFileSuffix(string name) => _options.ReadsFiles && name.EndsWith(FileSuffix, StringComparison.Ordinal) ? name[..^FileSuffix.Length] : name;
}
