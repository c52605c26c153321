namespace Mill.Secrets.Providers.Chain;

/// <summary>
/// Which links have which secrets, as one watch knows it from their keys and from what they tell: no value is asked for, because a provider may fetch, and keep, what nobody needs. Call it by one at a time.
/// </summary>
internal sealed class EffectiveSource(Link[] links)
{
    private readonly KnownKeys[] _known = [.. links.Select(link => new KnownKeys(link))];

    /// <summary>Asks every link for its keys.</summary>
    public async ValueTask LearnAsync(CancellationToken cancellationToken)
    {
        foreach (var known in _known) await known.LearnAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>This link will tell of nothing any more. May be called at any time.</summary>
    public void Lose(int place) => _known[place].Lose();

    /// <summary>Before the keys of each change: for all of them, each link is asked once.</summary>
    public void Begin()
    {
        foreach (var known in _known) known.Begin();
    }

    /// <summary>What a change in one link means for who asks the chain; null where nothing.</summary>
    public async ValueTask<SecretChangeKind?> MoveAsync(string key, SecretChangeKind kind, int changed, CancellationToken cancellationToken)
    {
        _known[changed].Take(key, kind);
        for (var place = 0; place < changed; place++)
        {
            if (await _known[place].HidesAsync(key, cancellationToken).ConfigureAwait(false)) return null;
        }
        if (kind is SecretChangeKind.Rotated) return kind;
        // It came from below before it was added here, and comes from there once it is removed.
        for (var place = changed + 1; place < _known.Length; place++)
        {
            if (await _known[place].HasAsync(key, cancellationToken).ConfigureAwait(false)) return SecretChangeKind.Rotated;
        }
        return kind;
    }
}
