namespace Mill.Secrets.Providers;

/// <summary>A secret that many copy at once while somebody may take it away: a copy is whole, or there is none.</summary>
internal sealed class StoredSecret(SecretValue value, int? version = null)
{
    private readonly Lock _lock = new();
    private bool _isGone;

    public int? Version => version;

    /// <summary>Null once it was taken away: then there is a newer state to look in. Waits for nobody.</summary>
    public SecretValue? TryCopy()
    {
        var copy = SecretValue.TryCopy(value);
        // Cleared memory is used again: what was copied while it was taken away may belong to another secret by then. So it is looked at last whether it was.
        Volatile.ReadBarrier();
        if (!_isGone) return copy;
        copy?.Dispose();
        return null;
    }

    public bool Holds(SecretValue other)
    {
        lock (_lock) return !_isGone && value.Equals(other);
    }

    public void Clear()
    {
        lock (_lock)
        {
            _isGone = true;
            Volatile.WriteBarrier(); // nobody may take what is there from here on for the value
            value.Dispose();
        }
    }
}
