using System.Runtime.CompilerServices;
using System.Threading.Channels;
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

    /// <summary>Names of what changes, as it does; an empty one where a connection begins, and where changes were missed.</summary>
    public async IAsyncEnumerable<string> FollowAsync(Action<WatchState> connection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A connection that begins is told of aside, and by nothing that comes over it.
        var names = Channel.CreateUnbounded<string>(new() { SingleReader = true });
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(names.Writer, connection, enough.Token);
        try
        {
            await foreach (var name in names.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return name;
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(ChannelWriter<string> names, Action<WatchState> connection, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in client.WatchAsync(connection: Tell, cancellationToken: cancellationToken).ConfigureAwait(false)) names.TryWrite(change.Kind is SecretEventKind.Reset ? "" : change.Name);
            names.TryComplete();
        }
        catch (Exception e)
        {
            names.TryComplete(e); // whoever reads the names hears it
        }

        void Tell(WatchState state)
        {
            connection(state);
            if (state is WatchState.Connected) names.TryWrite("");
        }
    }
}
