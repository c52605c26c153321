using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Testing;

namespace Mill.Tests.Secrets.Providers;

public sealed class MemoryProviderSuite : SecretProviderSuite
{
    protected override ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        var memory = new MemoryProvider(seed: Seeds.Of(secrets));
        return new(new ProviderUnderTest(memory) { Change = (key, value) => Seeds.Change(memory, key, value) });
    }
}

public class EnvironmentProviderSuite : SecretProviderSuite
{
    protected override ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        foreach (var (key, value) in secrets) Environment.SetEnvironmentVariable(key, value);
        return new(new ProviderUnderTest(new EnvironmentProvider(Options(secrets)))
        {
            Change = Environment.SetEnvironmentVariable,
            CleanUp = () => Array.ForEach(secrets, secret => Environment.SetEnvironmentVariable(secret.Key, null)),
        });
    }

    protected virtual EnvironmentProviderOptions Options((string Key, string Value)[] secrets) => new();
}

public sealed class ListingEnvironmentProviderSuite : EnvironmentProviderSuite
{
    protected override EnvironmentProviderOptions Options((string Key, string Value)[] secrets) => new() { ListedKeys = [.. secrets.Select(secret => secret.Key)] };
}

public abstract class FileProviderSuite(SecretFileFormat format, bool isWritable) : SecretProviderSuite
{
    protected override async ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        var place = new SecretFilePlace(format, secrets);
        return new(await FileProvider.OpenAsync(place.Options with { Writable = isWritable })) { Change = place.Change, Tick = place.Tick, CleanUp = place.Dispose };
    }
}

public sealed class ReadOnlyFileProviderSuite() : FileProviderSuite(SecretFileFormat.ByPath, isWritable: false);

public sealed class DotenvFileProviderSuite() : FileProviderSuite(SecretFileFormat.Dotenv, isWritable: true);

public sealed class JsonFileProviderSuite() : FileProviderSuite(SecretFileFormat.Json, isWritable: true);

public sealed class KeyPerFileProviderSuite() : FileProviderSuite(SecretFileFormat.KeyPerFile, isWritable: true);

/// <summary>Two links that hold half of it each.</summary>
public sealed class ChainedProviderSuite : SecretProviderSuite
{
    protected override ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        var upper = new MemoryProvider("upper", Seeds.Of(secrets.Where((_, i) => i % 2 == 1)));
        var lower = new MemoryProvider("lower", Seeds.Of(secrets.Where((_, i) => i % 2 == 0)));
        var inUpper = secrets.Where((_, i) => i % 2 == 1).Select(secret => secret.Key).ToHashSet();
        return new(new ProviderUnderTest(new ChainedProvider([new(upper, OnLinkError.LastGood), new(new EnvironmentProvider()), new(lower)]))
        {
            Change = (key, value) => Seeds.Change(inUpper.Contains(key) ? upper : lower, key, value),
        });
    }
}

/// <summary>Secrets from literals.</summary>
internal static class Seeds
{
    public static IEnumerable<KeyValuePair<string, SecretValue>> Of(IEnumerable<(string Key, string Value)> secrets)
    {
        foreach (var (key, text) in secrets)
        {
            using var value = SecretValue.FromText(text);
            yield return new(key, value);
        }
    }

    public static void Change(MemoryProvider memory, string key, string? text)
    {
        if (text is null)
        {
            memory.Remove(key);
            return;
        }
        using var value = SecretValue.FromText(text);
        memory.SetAsync(key, value).AsTask().GetAwaiter().GetResult();
    }

    public static MemoryProvider Memory(string name, params (string Key, string Value)[] secrets) => new(name, Of(secrets));

    public static async Task SetAsync(this ISecretProvider provider, string key, string text)
    {
        using var value = SecretValue.FromText(text);
        await provider.SetAsync(key, value);
    }

    /// <summary>The text of a secret; null where there is none.</summary>
    public static async Task<string?> TextAsync(this ISecretProvider provider, string key)
    {
        var lookup = await provider.TryGetAsync(key);
        if (lookup.Status is SecretLookupStatus.Unavailable) throw lookup.Error!;
        using var value = lookup.Value;
        return value?.Reveal(System.Text.Encoding.UTF8.GetString);
    }
}
