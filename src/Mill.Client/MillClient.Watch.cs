using Mill.Client.Watching;

namespace Mill.Client;

/// <content>The stream of changes.</content>
public sealed partial class MillClient
{
    /// <summary>
    /// Changes as they are committed, without end. A lost connection is taken up again where it broke; after a <see cref="SecretEventKind.Reset"/> read everything anew.
    /// Throws <see cref="Secrets.MillError.Unreachable"/> only when the first connection fails, and any refusal whenever it comes.
    /// </summary>
    /// <param name="prefix">Only names that start with this.</param>
    /// <param name="lastEventId">The <see cref="SecretEvent.Id"/> to go on after.</param>
    /// <param name="connection">Told whenever the connection is made or lost.</param>
    public IAsyncEnumerable<SecretEvent> WatchAsync(string? prefix = null, string? lastEventId = null, Action<WatchState>? connection = null, CancellationToken cancellationToken = default) =>
        new Watch(_transport, prefix, connection).RunAsync(lastEventId, cancellationToken);
}
