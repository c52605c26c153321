namespace Mill.Extensions.Configuration;

/// <summary>Knows on which threads others are being told something: who disposes from there is what is waited for, and must not wait.</summary>
internal sealed class Telling
{
    [ThreadStatic]
    private static Telling? _current;

    /// <summary>True where this thread runs what others do upon being told.</summary>
    public bool IsHere => _current == this;

    public void Tell(Action tell)
    {
        var outer = _current;
        _current = this;
        try
        {
            tell();
        }
        finally
        {
            _current = outer;
        }
    }
}
