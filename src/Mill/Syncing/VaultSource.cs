using System.Runtime.CompilerServices;
using Mill.Client;
using Mill.Client.Watching;
using Mill.Secrets;
using Mill.Sync.Pushing;

namespace Mill.Syncing;

/// <summary>What a push reads of the vault, from a server.</summary>
internal sealed class VaultSource(MillClient client) : ISecretSource
{
    public async Task<IReadOnlyDictionary<string, int>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var versions = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var item in client.ListAllAsync(prefix is "" ? null : prefix, cancellationToken).ConfigureAwait(false)) versions[item.Name] = item.Version;
        return versions;
    }

    public async Task<SecretValue?> ReadAsync(string name, int version, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(name, version, cancellationToken: cancellationToken).ConfigureAwait(false);
            return (answer.Value ?? answer.ValueBase64)?.Reveal(static bytes => SecretValue.FromBytes(bytes));
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return null;
        }
    }

    /// <summary>Names of what changes, as it does; an empty one where changes were missed.</summary>
    public async IAsyncEnumerable<string> FollowAsync(Action<WatchState> connection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var change in client.WatchAsync(connection: connection, cancellationToken: cancellationToken).ConfigureAwait(false)) yield return change.Kind is SecretEventKind.Reset ? "" : change.Name;
    }
}
