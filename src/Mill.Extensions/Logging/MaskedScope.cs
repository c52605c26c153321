using System.Collections;

namespace Mill.Extensions.Logging;

/// <summary>A scope that is masked whenever somebody reads it: with the values of that moment, and as what it is at that moment.</summary>
internal class MaskedScope(object scope, LogMask mask)
{
    public bool IsOf(LogMask other) => mask == other;

    public override string ToString()
    {
        try
        {
            return mask.Text(LogTexts.Of(scope));
        }
        catch (Exception failure)
        {
            return LogMask.LeftOut(failure);
        }
    }
}

/// <summary>A scope with names for its values.</summary>
internal sealed class MaskedPairs(IEnumerable<KeyValuePair<string, object?>> scope, LogMask mask) : MaskedScope(scope, mask), IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly LogMask _mask = mask;

    public int Count => Read().Length;

    /// <summary>It is read anew at each call. There may be less of it than when somebody counted: what is gone is one that says nothing, and no reason for a log to fail.</summary>
    public KeyValuePair<string, object?> this[int index] => Read() is var pairs && index < pairs.Length ? pairs[index] : new("", null);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Read().AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private KeyValuePair<string, object?>[] Read()
    {
        try
        {
            return _mask.Pairs(scope);
        }
        catch (Exception failure)
        {
            return [new("{OriginalFormat}", LogMask.LeftOut(failure))];
        }
    }
}
