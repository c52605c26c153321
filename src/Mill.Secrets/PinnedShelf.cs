namespace Mill.Secrets;

/// <summary>Things that are used again, for all threads.</summary>
/// <param name="capacity">How many are kept at most.</param>
internal sealed class PinnedShelf<T>(int capacity)
    where T : class
{
    private readonly Lock _lock = new();
    private readonly T?[] _kept = new T?[capacity];
    private int _count;

    /// <summary>Null where there is none.</summary>
    public T? TryTake()
    {
        lock (_lock)
        {
            if (_count == 0) return null;
            var item = _kept[--_count];
            _kept[_count] = null; // the collector must find out when nobody has it any more
            return item;
        }
    }

    /// <summary>False where there is no room.</summary>
    public bool TryPut(T item)
    {
        lock (_lock)
        {
            if (_count == _kept.Length) return false;
            _kept[_count++] = item;
            return true;
        }
    }
}
