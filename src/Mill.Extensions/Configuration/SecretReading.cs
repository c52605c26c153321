using System.Collections.Concurrent;
using System.Text;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Configuration;

/// <summary>What reading the secrets came to.</summary>
/// <param name="Secrets">By their keys. What could not be asked for is as it was.</param>
/// <param name="Error">Why something may not be the latest; null where all of it is.</param>
internal sealed record SecretReading(IReadOnlyDictionary<string, string> Secrets, SecretProviderException? Error)
{
    private const int Parallelism = 16;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static SecretReading Nothing { get; } = new(new Dictionary<string, string>(), null);

    /// <summary>Reads everything that is listed, and what the options name.</summary>
    public async Task<SecretReading> ReadAllAsync(ISecretProvider provider, MillConfigurationOptions options, SettingNames names, CancellationToken cancellationToken)
    {
        var listed = await ListAsync(provider, cancellationToken).ConfigureAwait(false);
        // What nobody lists any more is asked for too: it is gone only where the place says so.
        return await ReadAsync(provider, listed.Keys.Where(key => names.Of(key) is not null).Union(options.Keys).Union(Secrets.Keys), listed.Errors is [var first, ..] ? first : null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads these again.</summary>
    /// <param name="error">What went wrong already.</param>
    public async Task<SecretReading> ReadAsync(ISecretProvider provider, IEnumerable<string> keys, SecretProviderException? error, CancellationToken cancellationToken)
    {
        var next = new ConcurrentDictionary<string, string>(Secrets, StringComparer.Ordinal);
        var errors = new ConcurrentBag<(string Key, SecretProviderException Error)>();
        // The end of the time is the end for those that have not answered, not for what the others said.
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = CancellationToken.None }, async (key, _) =>
        {
            var lookup = await FindAsync(provider, key, cancellationToken).ConfigureAwait(false);
            using var value = lookup.Value;
            if (lookup.Status is SecretLookupStatus.NotFound) next.TryRemove(key, out var _);
            else if (value is not null && TextOf(value) is { } text) next[key] = text;
            else if (value is not null) errors.Add((key, new SecretUnsupportedException(provider.Name, $"The secret \"{key}\" of {provider.Name} is not text, and cannot be a setting.")));
            if (lookup.Error is { } problem) errors.Add((key, problem));
        }).ConfigureAwait(false);
        return new(next.ToDictionary(StringComparer.Ordinal), error ?? errors.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Error).FirstOrDefault());
    }

    private static async Task<SecretKeys> ListAsync(ISecretProvider provider, CancellationToken cancellationToken)
    {
        try
        {
            return await provider.KeysAsync(cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SecretProviderException e)
        {
            return new([], [e]);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            return new([], [Late(provider, e)]);
        }
    }

    private static async ValueTask<SecretLookup> FindAsync(ISecretProvider provider, string key, CancellationToken cancellationToken)
    {
        try
        {
            // A provider may not care about its token.
            return await provider.TryGetAsync(key, cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            return SecretLookup.Unavailable(Late(provider, e));
        }
    }

    private static SecretUnavailableException Late(ISecretProvider provider, Exception e) => new(provider.Name, $"{provider.Name} did not answer in time.", e, MillError.Unreachable);

    // Settings are strings; these cannot be cleared.
    private static string? TextOf(SecretValue value)
    {
        try
        {
            return value.Reveal(Strict.GetString);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
