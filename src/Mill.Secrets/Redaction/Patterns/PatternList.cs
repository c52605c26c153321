using System.Buffers;
using System.Text;
using Mill.Secrets.Redaction.Forms;

namespace Mill.Secrets.Redaction.Patterns;

/// <summary>Patterns while they are being gathered, in pinned memory that is cleared on dispose. Those that are too short to be told from other text are left out.</summary>
internal sealed class PatternList : IDisposable
{
    private const int LookBack = 48; // about as many forms as there are

    /// <summary>The bytes of all patterns together: places are numbers of 31 bits, and a set of so many is no set of secrets.</summary>
    private const int MostBytes = 1 << 30;

    private readonly PinnedWriter _bytes = new();
    private readonly List<(int Start, int Length)> _places = [];

    public ReadOnlySpan<byte> this[(int Start, int Length) place] => _bytes.WrittenSpan.Slice(place.Start, place.Length);

    public void Add(ReadOnlySpan<byte> pattern)
    {
        if (pattern.Length < SecretRedactor.ShortestValue) return;
        _bytes.Write(pattern);
        AddLast(pattern.Length);
    }

    /// <summary>Adds what <paramref name="form"/> makes of a text, character by character.</summary>
    public void Add(ReadOnlySpan<byte> text, CharacterForm form)
    {
        var start = _bytes.WrittenCount;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var character, out var length);
            form(character, text[..length], _bytes);
            text = text[length..];
        }
        AddLast(_bytes.WrittenCount - start);
    }

    /// <summary>Where the patterns stand, in the order of their bytes, each once.</summary>
    public List<(int Start, int Length)> Sorted()
    {
        _places.Sort((left, right) => this[left].SequenceCompareTo(this[right]));
        var unique = new List<(int Start, int Length)>(_places.Count);
        foreach (var place in _places)
        {
            if (unique.Count is 0 || !this[place].SequenceEqual(this[unique[^1]])) unique.Add(place);
        }
        return unique;
    }

    public void Dispose() => _bytes.Dispose();

    /// <summary>Most encodings leave most of a value as it is, so many of its forms are the same: what need not be sorted is left out here.</summary>
    private void AddLast(int length)
    {
        var place = (Start: _bytes.WrittenCount - length, length);
        for (var i = _places.Count - 1; i >= Math.Max(0, _places.Count - LookBack); i--)
        {
            if (!this[_places[i]].SequenceEqual(this[place])) continue;
            _bytes.Truncate(place.Start);
            return;
        }
        if (_bytes.WrittenCount > MostBytes) throw new MillException(MillError.TooLarge, "The values together are too large to be masked.");
        _places.Add(place);
    }
}
