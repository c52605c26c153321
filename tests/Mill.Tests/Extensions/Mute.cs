using System.Threading.Channels;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Tests.Extensions;

/// <summary>A place that lists nothing and tells of nothing, as the environment does; or only of what a test has it tell.</summary>
internal sealed class Mute(ISecretProvider inner, Channel<SecretChange>? told = null) : ISecretProvider
{
    public string Name => inner.Name;

    public SecretCapabilities Capabilities => told is null ? SecretCapabilities.Read : SecretCapabilities.Read | SecretCapabilities.Watch;

    public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default) => inner.TryGetAsync(key, cancellationToken);

    public ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default) => ValueTask.FromException(new SecretUnsupportedException(Name, "It is mute."));

    public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default) => new(SecretKeys.None);

    public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => told?.Reader.ReadAllAsync(cancellationToken) ?? AsyncEnumerable.Empty<SecretChange>();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
