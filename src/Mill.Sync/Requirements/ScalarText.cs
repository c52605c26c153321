using System.Globalization;
using System.Text;
using YamlDotNet.Core;

namespace Mill.Sync.Requirements;

/// <summary>
/// What a scalar says, character by character as it stands in the file, so that each one's place is known. Quotes and escapes are undone; line breaks and
/// indentation are left as they are, which are mere space to an expression.
/// </summary>
internal sealed class ScalarText
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _places = [];
    private readonly string _source;
    private readonly int _end;
    private int _at;

    private ScalarText(string source, YamlScalar scalar)
    {
        (_source, _at, _end) = (source, scalar.Start, scalar.End);
        SkipProperties();
        switch (scalar.Style)
        {
            case ScalarStyle.Literal or ScalarStyle.Folded:
                SkipLine();
                CopyPlain();
                break;
            case ScalarStyle.SingleQuoted:
                CopySingle();
                break;
            case ScalarStyle.DoubleQuoted:
                CopyDouble();
                break;
            default:
                CopyPlain();
                break;
        }
        Text = _text.ToString();
    }

    public string Text { get; }

    public static ScalarText Of(SourceText source, YamlScalar scalar) => new(source.Text, scalar);

    /// <summary>Where in the file a character of the text stands, or what follows its last one.</summary>
    public int PlaceOf(int index) => index < _places.Count ? _places[index] : _end;

    /// <summary>An anchor, a tag, and the space and the comments behind them.</summary>
    private void SkipProperties()
    {
        while (_at < _end && _source[_at] is '&' or '!')
        {
            while (_at < _end && !char.IsWhiteSpace(_source[_at])) _at++;
            while (_at < _end && (char.IsWhiteSpace(_source[_at]) || _source[_at] is '#'))
            {
                if (_source[_at] is '#') SkipLine();
                else _at++;
            }
        }
    }

    private void SkipLine()
    {
        while (_at < _end && _source[_at] is not ('\n' or '\r')) _at++;
    }

    private void CopyPlain()
    {
        while (_at < _end) Take(_source[_at], 1);
    }

    private void CopySingle()
    {
        _at++;
        while (_at < _end)
        {
            if (_source[_at] is not '\'') Take(_source[_at], 1);
            else if (_at + 1 < _end && _source[_at + 1] is '\'') Take('\'', 2);
            else return;
        }
    }

    private void CopyDouble()
    {
        _at++;
        while (_at < _end && _source[_at] is not '"')
        {
            if (_source[_at] is '\\' && _at + 1 < _end) CopyEscape(_source[_at + 1]);
            else Take(_source[_at], 1);
        }
    }

    /// <summary>https://yaml.org/spec/1.2.2/#57-escaped-characters</summary>
    private void CopyEscape(char kind)
    {
        var digits = kind switch
        {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if (digits is 0) Take(Simple(kind), 2);
        else if (_at + 2 + digits <= _end && int.TryParse(_source.AsSpan(_at + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && Rune.IsValid(code)) TakeAll(new Rune(code).ToString(), 2 + digits);
        else Take(_source[_at], 1);
    }

    private static char Simple(char kind) => kind switch
    {
        '0' => '\0',
        'a' => '\a',
        'b' => '\b',
        't' => '\t',
        'n' => '\n',
        'v' => '\v',
        'f' => '\f',
        'r' => '\r',
        'e' => '\e',
        'N' => '\u0085',
        '_' => '\u00A0',
        'L' => '\u2028',
        'P' => '\u2029',
        // A quote, a slash, a backslash, a space; or the end of a line, which joins it with the next one.
        _ => kind,
    };

    private void Take(char character, int length)
    {
        _text.Append(character);
        _places.Add(_at);
        _at += length;
    }

    private void TakeAll(string characters, int length)
    {
        foreach (var character in characters) Take(character, 0);
        _at += length;
    }
}
