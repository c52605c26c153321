namespace Mill.Secrets.Providers.Chain;

/// <summary>One provider of a chain, and what it answered last where the chain may have to do with that.</summary>
internal sealed class Link(ChainLink link) : IAsyncDisposable
{
    private readonly LastAnswers _lastGood = new();

    public ISecretProvider Provider => link.Provider;

    public OnLinkError OnError => link.OnError;

    /// <summary>Whether it says all that it has, and whatever changes in it. A chain that cannot say it of each link says it of none.</summary>
    public bool TellsAll => Provider is ChainedProvider chain ? chain.TellsAll : CanWatch && Provider.Capabilities.HasFlag(SecretCapabilities.List);

    public bool CanWatch => Provider.Capabilities.HasFlag(SecretCapabilities.Watch);

    public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken) =>
        OnError is OnLinkError.LastGood ? TryGetOrRecallAsync(key, cancellationToken) : Provider.TryGetAsync(key, cancellationToken);

    /// <summary>False where the provider does not take it.</summary>
    public async ValueTask<bool> TrySetAsync(string key, SecretValue value, CancellationToken cancellationToken)
    {
        if (!Provider.Capabilities.HasFlag(SecretCapabilities.Write)) return false;
        try
        {
            await Provider.SetAsync(key, value, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SecretUnsupportedException)
        {
            return false;
        }
    }

    /// <summary>A link that the chain can do without is not missed here either.</summary>
    public async ValueTask RefreshAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            await Provider.RefreshAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (SecretProviderException) when (OnError is not OnLinkError.FailFast)
        {
            // Lookups say it.
        }
    }

    public async ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Provider.KeysAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SecretProviderException e)
        {
            return SecretKeys.Of([], e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Provider.DisposeAsync().ConfigureAwait(false);
        _lastGood.Clear();
    }

    private async ValueTask<SecretLookup> TryGetOrRecallAsync(string key, CancellationToken cancellationToken)
    {
        var asked = _lastGood.Ask();
        var lookup = await Provider.TryGetAsync(key, cancellationToken).ConfigureAwait(false);
        if (lookup.Status is not SecretLookupStatus.Unavailable)
        {
            _lastGood.Take(key, lookup, asked);
            return lookup;
        }
        return _lastGood.Recall(key) is var (value, version) ? SecretLookup.Stale(value, Provider.Name, version, lookup.Error!) : lookup;
    }
}
