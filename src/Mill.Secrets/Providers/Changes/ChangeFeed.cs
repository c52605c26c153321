using System.Runtime.CompilerServices;

namespace Mill.Secrets.Providers.Changes;

/// <summary>Tells every watcher everything.</summary>
internal sealed class ChangeFeed
{
    private readonly Lock _lock = new();
    private readonly HashSet<ChangeMailbox> _watchers = [];
    private bool _isClosed;

    /// <summary>Never waits for a watcher, and runs nothing of theirs.</summary>
    public void Publish(IReadOnlyList<KeyChange> changes)
    {
        if (changes.Count == 0) return;
        lock (_lock)
        {
            foreach (var watcher in _watchers) watcher.Put(changes);
        }
    }

    public async IAsyncEnumerable<SecretChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mailbox = Join();
        try
        {
            await foreach (var change in mailbox.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return change;
        }
        finally
        {
            Leave(mailbox);
        }
    }

    /// <summary>Ends every watch, and those that come later at once.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var watcher in _watchers) watcher.Close();
        }
    }

    private ChangeMailbox Join()
    {
        var mailbox = new ChangeMailbox();
        lock (_lock)
        {
            if (_isClosed) mailbox.Close();
            else _watchers.Add(mailbox);
        }
        return mailbox;
    }

    private void Leave(ChangeMailbox mailbox)
    {
        lock (_lock) _watchers.Remove(mailbox);
    }
}
