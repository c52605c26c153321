using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Mill.Secrets.Providers.Changes;

/// <summary>What one watcher has not read yet: per secret the sum of what happened to it, so that a slow watcher holds nobody up and misses nothing that still counts.</summary>
internal sealed class ChangeMailbox
{
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Lock _lock = new();
    private Dictionary<string, SecretChangeKind> _pending = new(StringComparer.Ordinal);

    public void Put(IReadOnlyList<KeyChange> changes)
    {
        lock (_lock)
        {
            foreach (var change in changes) AddLocked(change);
        }
        _bell.Writer.TryWrite(true);
    }

    /// <summary>Ends the reading once what came before is read; with <paramref name="error"/> it throws that.</summary>
    public void Close(Exception? error = null) => _bell.Writer.TryComplete(error);

    public async IAsyncEnumerable<SecretChange> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var _ in _bell.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var change in Take()) yield return change;
        }
    }

    private void AddLocked(KeyChange change)
    {
        if (!_pending.TryGetValue(change.Key, out var earlier)) _pending[change.Key] = change.Kind;
        else if (KeyChange.Sum(earlier, change.Kind) is { } sum) _pending[change.Key] = sum;
        else _pending.Remove(change.Key);
    }

    private IEnumerable<SecretChange> Take()
    {
        Dictionary<string, SecretChangeKind> taken;
        lock (_lock) (taken, _pending) = (_pending, new(StringComparer.Ordinal));
        return taken.GroupBy(pair => pair.Value, pair => pair.Key)
            .OrderBy(group => group.Key)
            .Select(group => new SecretChange(group.Key, [.. group.Order(StringComparer.Ordinal)]));
    }
}
