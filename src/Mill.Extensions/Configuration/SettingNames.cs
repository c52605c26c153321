using Microsoft.Extensions.Configuration;

namespace Mill.Extensions.Configuration;

/// <summary>From the keys of secrets to the names of settings.</summary>
internal sealed class SettingNames(MillConfigurationOptions options)
{
    private readonly string[] _separators = [.. options.Separators.OrderByDescending(separator => separator.Length)];

    /// <summary>Null for what is no setting.</summary>
    public string? Of(string key)
    {
        if (!key.StartsWith(options.Prefix, StringComparison.Ordinal) || key.Length == options.Prefix.Length) return null;
        var rest = key[options.Prefix.Length..];
        if (options.MapKey is { } map) return map(rest) is { Length: > 0 } name ? name : null;
        foreach (var separator in _separators) rest = rest.Replace(separator, ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
        return rest;
    }

    /// <summary>All of them as settings. Of several with one name, whose case does not count, the one with the first key in ordinal order is taken.</summary>
    public Dictionary<string, string?> Map(IReadOnlyDictionary<string, string> secrets)
    {
        var settings = new Dictionary<string, string?>(secrets.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in secrets.OrderBy(secret => secret.Key, StringComparer.Ordinal))
        {
            if (Of(key) is { } name) settings.TryAdd(name, value);
        }
        return settings;
    }
}
