using System.Buffers;

namespace Mill.Secrets.DotEnv;

/// <summary>
/// Finds the variables in a <c>.env</c> file exactly as the dotenv package for Node does (version 16, <c>lib/main.js</c>, the expression <c>LINE</c>), with all that follows
/// from it: a colon and a blank stand for <c>=</c>, a quote that is not closed is text, blanks run over the ends of lines. In one pass, whatever the file holds.
/// </summary>
internal ref struct DotEnvScanner
{
    private static readonly SearchValues<byte> KeyBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"u8);
    private static readonly SearchValues<byte> UnquotedEnds = SearchValues.Create("#\r\n"u8);

    private readonly ReadOnlySpan<byte> _content;
    private readonly ClosingQuotes[] _quotes;
    private int _place;

    public DotEnvScanner(ReadOnlySpan<byte> content)
    {
        _content = content;
        _quotes = [new((byte)'\''), new((byte)'"'), new((byte)'`')];
    }

    /// <summary>The next variable; false where there are no more.</summary>
    public bool TryRead(out DotEnvAssignment assignment)
    {
        while (_place < _content.Length)
        {
            var start = DotEnvBlanks.Skip(_content, _place);
            if (TryReadAt(start, skipsExport: true, out assignment) || TryReadAt(start, skipsExport: false, out assignment)) return true;
            _place = DotEnvBlanks.NextLine(_content, start);
        }
        assignment = default;
        return false;
    }

    private bool TryReadAt(int start, bool skipsExport, out DotEnvAssignment assignment)
    {
        assignment = default;
        var place = start;
        if (skipsExport)
        {
            if (!_content[place..].StartsWith("export"u8)) return false;
            var after = DotEnvBlanks.Skip(_content, place + 6);
            if (after == place + 6) return false;
            place = after;
        }
        var length = _content[place..].IndexOfAnyExcept(KeyBytes);
        if (length < 0) length = _content.Length - place;
        if (length == 0 || AfterSeparator(place + length) is not { } value) return false;
        var key = new DotEnvPart(place, length);
        assignment = TryReadQuoted(value, out var quoted, out var quote) ? new(start, key, value, quoted, quote, quote is (byte)'"') : Unquoted(start, key, value);
        _place = DotEnvBlanks.NextLine(_content, assignment.Value.End);
        return true;
    }

    private readonly int? AfterSeparator(int keyEnd)
    {
        var place = DotEnvBlanks.Skip(_content, keyEnd);
        if (place < _content.Length && _content[place] is (byte)'=') return place + 1;
        if (keyEnd == _content.Length || _content[keyEnd] is not (byte)':') return null;
        return DotEnvBlanks.LengthAt(_content, keyEnd + 1) is > 0 and var blank ? keyEnd + 1 + blank + (IsReturnAndNewline(keyEnd + 1) ? 1 : 0) : null;
    }

    private readonly bool TryReadQuoted(int place, out DotEnvPart value, out byte quote)
    {
        (value, quote) = (default, 0);
        var start = DotEnvBlanks.Skip(_content, place);
        if (start == _content.Length) return false;
        quote = _content[start];
        foreach (var quotes in _quotes)
        {
            if (quotes.Quote != quote || quotes.Find(_content, start + 1) is not { } end) continue;
            value = new(start, end + 1 - start);
            return true;
        }
        return false;
    }

    private readonly DotEnvAssignment Unquoted(int start, DotEnvPart key, int place)
    {
        var length = _content[place..].IndexOfAny(UnquotedEnds);
        var value = DotEnvBlanks.Trim(_content, new(place, length < 0 ? _content.Length - place : length));
        var text = value.In(_content);
        // Quotes around the whole are taken off even where something in between kept them from being a quoted value.
        var quote = text is [(byte)'\'' or (byte)'"' or (byte)'`', .., var last] && last == text[0] ? last : (byte)0;
        return new(start, key, place, value, quote, text is [(byte)'"', ..]);
    }

    private readonly bool IsReturnAndNewline(int place) => _content[place..].StartsWith("\r\n"u8);

    /// <summary>
    /// Where a value in one kind of quotes ends. Of the quotes that come, the first without a backslash before it is the last that may close it; those before it may, from the
    /// last to the first. Nothing but blanks and a comment may follow on the line. Each quote of the file is looked at once, however many values begin before it.
    /// </summary>
    private sealed class ClosingQuotes(byte quote)
    {
        private int _bare = -1; // the first without a backslash, as far as was looked
        private int _closing = -1; // the last up to that one which can close a value

        public byte Quote => quote;

        public int? Find(ReadOnlySpan<byte> content, int start)
        {
            if (_bare < start) Look(content, start);
            return _closing >= start ? _closing : null;
        }

        private void Look(ReadOnlySpan<byte> content, int place)
        {
            for (_closing = -1; ; place++)
            {
                var length = content[place..].IndexOf(quote);
                _bare = length < 0 ? content.Length : place + length;
                if (length < 0) return;
                place = _bare;
                if (CanClose(content, place)) _closing = place;
                if (content[place - 1] is not (byte)'\\') return;
            }
        }

        private static bool CanClose(ReadOnlySpan<byte> content, int place)
        {
            for (place++; place < content.Length && DotEnvBlanks.LineEndAt(content, place) is 0 && DotEnvBlanks.LengthAt(content, place) is > 0 and var length;) place += length;
            return place == content.Length || DotEnvBlanks.LineEndAt(content, place) > 0 || content[place] is (byte)'#';
        }
    }
}
