using System.Runtime.CompilerServices;
using Mill.Secrets.Providers;

namespace Mill.Secrets.Redaction;

/// <summary>
/// A provider whose secrets are masked from the moment it gives them: no one can have a value of it that <paramref name="values"/> do not know. What a secret was before it was rotated or removed stays masked, as
/// <see cref="RedactionSet"/> says. Disposes the provider it is made of, and not the values: logs outlive providers.
/// </summary>
/// <param name="inner">Where the secrets come from.</param>
/// <param name="values">Learns them.</param>
public sealed class RedactedProvider(ISecretProvider inner, RedactionSet values) : IRefreshableSecretProvider
{
    public string Name => inner.Name;

    public SecretCapabilities Capabilities => inner.Capabilities;

    public async ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        var lookup = await inner.TryGetAsync(key, cancellationToken).ConfigureAwait(false);
        if (lookup.Value is not { } value) return lookup;
        try
        {
            values.Set(Known(key), value);
            return lookup;
        }
        catch
        {
            // Nobody gets a value that cannot be masked.
            value.Dispose();
            throw;
        }
    }

    public async ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default)
    {
        values.Expect(Known(key), value);
        await inner.SetAsync(key, value, cancellationToken).ConfigureAwait(false);
        try
        {
            values.Set(Known(key), value);
        }
        catch (ObjectDisposedException)
        {
            // It is written, and logs pass nothing on any more.
        }
    }

    public ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default) => inner.RefreshAsync(key, cancellationToken);

    public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default) => inner.KeysAsync(cancellationToken);

    public async IAsyncEnumerable<SecretChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var change in inner.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (change.Kind is SecretChangeKind.Removed)
            {
                foreach (var key in change.Keys) values.Remove(Known(key));
            }
            yield return change;
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>Two providers may have a key in common, and a set may be for both.</summary>
    private string Known(string key) => $"{inner.Name}/{key}";
}
