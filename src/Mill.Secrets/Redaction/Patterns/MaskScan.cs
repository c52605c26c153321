namespace Mill.Secrets.Redaction.Patterns;

/// <summary>
/// Finds what is to be masked, from the left to the right. Of the patterns that begin at one place the longest counts; one that begins inside a mask, or right behind it, prolongs it. So the masks are the
/// union of everything that matches, and no two of them touch.
/// </summary>
internal ref struct MaskScan(PatternIndex patterns, ReadOnlySpan<byte> text, bool isLast)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _place; // nothing that begins before it is still to be found
    private bool _isOver;

    /// <summary>Where the mask begins.</summary>
    public int Start { get; private set; }

    public int End { get; private set; }

    /// <summary>How much of the text no continuation can change; it is known when there are no more masks. Where the text may go on, a pattern may have begun here.</summary>
    public int Settled { get; private set; } = text.Length;

    public bool MoveNext()
    {
        (Start, End) = (-1, -1);
        while (!_isOver)
        {
            _place = patterns.Next(_text, _place);
            if (_place == _text.Length) Finish();
            else if (Start >= 0 && _place > End) return true;
            else Look();
        }
        return Start >= 0;
    }

    private void Look()
    {
        var (length, mayGoOn) = patterns.Match(_text[_place..]);
        if (mayGoOn && !isLast)
        {
            // From here on everything will be looked at again, with what follows.
            (Settled, _isOver) = (_place, true);
            return;
        }
        if (length > 0)
        {
            if (Start < 0) Start = _place;
            End = Math.Max(End, _place + length);
        }
        _place++;
    }

    /// <summary>The last bytes are too few for the index: whether a pattern begins with them it must be asked one by one.</summary>
    private void Finish()
    {
        _isOver = true;
        if (isLast) return;
        for (var place = Math.Max(0, _text.Length - patterns.Window + 1); place < _text.Length; place++)
        {
            if (!patterns.IsBeginning(_text[place..])) continue;
            Settled = place;
            return;
        }
    }
}
