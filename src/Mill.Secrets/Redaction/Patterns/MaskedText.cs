using System.Text;

namespace Mill.Secrets.Redaction.Patterns;

/// <summary>A text whose masks are given in bytes of its UTF-8. What is not masked stays as it was, half a surrogate pair too.</summary>
internal struct MaskedText(string text)
{
    private readonly StringBuilder _result = new();
    private int _copied; // characters that are in the result, or masked there
    private int _character;
    private int _byte; // where that character is in UTF-8

    /// <summary>Masks whole characters, also those of which only some bytes are meant. Masks come in order.</summary>
    public void Mask(int start, int end)
    {
        MoveTo(start, isWhole: false);
        if (_character > _copied || _result.Length is 0)
        {
            _result.Append(text, _copied, _character - _copied).Append(SecretRedactor.Mask);
        }
        MoveTo(end, isWhole: true);
        _copied = _character;
    }

    public readonly override string ToString() => _result.ToString() + text[_copied..];

    private void MoveTo(int place, bool isWhole)
    {
        while (_byte < place)
        {
            Rune.DecodeFromUtf16(text.AsSpan(_character), out var rune, out var length);
            if (!isWhole && _byte + rune.Utf8SequenceLength > place) return;
            (_character, _byte) = (_character + length, _byte + rune.Utf8SequenceLength);
        }
    }
}
