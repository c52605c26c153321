namespace Mill.Secrets.Providers.Chain;

/// <summary>What one link has, as one watch of the chain knows it. Call it by one at a time.</summary>
internal sealed class KnownKeys(Link link)
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private bool _isComplete;
    private bool _isLearned; // within the change that is being weighed
    private volatile bool _isLost;

    /// <summary>Whether it says what it has, and then what changes: then there is no need to ask for a secret.</summary>
    private bool Tells => link.TellsAll && !_isLost;

    /// <summary>A link that cannot be asked is taken to have what it had.</summary>
    public async ValueTask LearnAsync(CancellationToken cancellationToken)
    {
        var keys = await link.KeysAsync(cancellationToken).ConfigureAwait(false);
        if (keys.IsComplete) _keys.Clear();
        _keys.UnionWith(keys.Keys);
        (_isComplete, _isLearned) = (keys.IsComplete, true);
    }

    /// <summary>May be called at any time.</summary>
    public void Lose() => _isLost = true;

    /// <summary>Another change is being weighed: what was learned for the last one may be over.</summary>
    public void Begin() => _isLearned = false;

    public void Take(string key, SecretChangeKind kind)
    {
        if (kind is SecretChangeKind.Removed) _keys.Remove(key);
        else _keys.Add(key);
    }

    public async ValueTask<bool> HasAsync(string key, CancellationToken cancellationToken)
    {
        if (!Tells) return await AskAsync(key, cancellationToken).ConfigureAwait(false) ?? _keys.Contains(key);
        if (!_isComplete && !_isLearned) await LearnAsync(cancellationToken).ConfigureAwait(false);
        return _keys.Contains(key);
    }

    /// <summary>Whether nobody sees what the links below have. A link that the chain can do without hides nothing while it cannot be asked: what is below it is what readers get then.</summary>
    public async ValueTask<bool> HidesAsync(string key, CancellationToken cancellationToken)
    {
        if (link.OnError is not OnLinkError.Continue) return await HasAsync(key, cancellationToken).ConfigureAwait(false);
        if (!Tells) return await AskAsync(key, cancellationToken).ConfigureAwait(false) ?? false;
        if (_isComplete && !_keys.Contains(key)) return false;
        if (!_isLearned) await LearnAsync(cancellationToken).ConfigureAwait(false);
        // One that cannot say all it has may still answer for this one, such as with what was good last.
        return _keys.Contains(key) && (_isComplete || await AskAsync(key, cancellationToken).ConfigureAwait(false) is true);
    }

    /// <summary>Null where it cannot be asked.</summary>
    private async ValueTask<bool?> AskAsync(string key, CancellationToken cancellationToken)
    {
        var lookup = await link.TryGetAsync(key, cancellationToken).ConfigureAwait(false);
        lookup.Value?.Dispose();
        if (lookup.Status is SecretLookupStatus.Unavailable) return null;
        Take(key, lookup.IsFound ? SecretChangeKind.Added : SecretChangeKind.Removed);
        return lookup.IsFound;
    }
}
