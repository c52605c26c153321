using System.Buffers;

namespace Mill.Secrets.DotEnv;

/// <summary>
/// A <c>.env</c> file: comments, blank lines, <c>export</c>, values without quotes and in single, double and back quotes, over several lines too. Read as the dotenv package for
/// Node reads it (version 16). Whatever the bytes, there is a document: what is no variable is text between variables.
/// </summary>
public sealed class DotEnvDocument
{
    /// <summary>What is said of a value that <see cref="IsCutOff"/> and is to be taken out of the file.</summary>
    public const string CutOff = "Readers take what follows # for a comment, and it would stay in the file: put quotes around the value, or a blank before the comment.";

    private readonly ReadOnlyMemory<byte> _content;
    private List<int>? _lines;
    private (int Line, int Offset, int Column) _seen = (-1, 0, 0);

    private DotEnvDocument(ReadOnlyMemory<byte> content, IReadOnlyList<DotEnvAssignment> assignments) => (_content, Assignments) = (content, assignments);

    public ReadOnlySpan<byte> Content => _content.Span;

    internal static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <summary>As they stand in the file. Of several with one name, readers take the last.</summary>
    public IReadOnlyList<DotEnvAssignment> Assignments { get; }

    /// <param name="content">UTF-8. It is kept, not copied.</param>
    public static DotEnvDocument Parse(ReadOnlyMemory<byte> content)
    {
        var assignments = new List<DotEnvAssignment>();
        var scanner = new DotEnvScanner(content.Span);
        while (scanner.TryRead(out var assignment)) assignments.Add(assignment);
        return new(content, assignments);
    }

    public ReadOnlySpan<byte> this[DotEnvPart part] => part.In(Content);

    /// <summary>Where another value would begin. Blanks that run over the end of a line go: without a quote after them, the value would end there.</summary>
    public int PlaceForValue(DotEnvAssignment assignment) =>
        DotEnvBlanks.HasLineEnd(Content[assignment.After..assignment.Value.Start]) ? assignment.After : assignment.Value.Start;

    /// <summary>Writes a part of a value as readers give it: every end of a line as <c>\n</c>, and the escapes of double quotes as what they stand for.</summary>
    public void WriteText(DotEnvPart part, bool isEscaped, IBufferWriter<byte> writer)
    {
        var text = part.In(Content);
        while (text.IndexOfAny((byte)'\r', (byte)'\\') is >= 0 and var place)
        {
            writer.Write(text[..place]);
            var (read, written) = text[place..] switch
            {
                [(byte)'\r', (byte)'\n', ..] => (2, (byte)'\n'),
                [(byte)'\r', ..] => (1, (byte)'\n'),
                [_, (byte)'n', ..] when isEscaped => (2, (byte)'\n'),
                [_, (byte)'r', ..] when isEscaped => (2, (byte)'\r'),
                _ => (1, (byte)'\\'),
            };
            writer.Write([written]);
            text = text[(place + read)..];
        }
        writer.Write(text);
    }

    /// <summary>The value of a variable that has no references, as readers have it: a backslash that keeps text from being a reference falls away.</summary>
    public SecretValue ReadLiteral(DotEnvAssignment assignment)
    {
        using var text = new PinnedWriter();
        foreach (var piece in DotEnvPiece.Of(this, assignment.Inner))
        {
            if (piece.Kind is DotEnvPieceKind.Text) WriteText(piece.Whole, assignment.IsEscaped, text);
        }
        return SecretValue.FromBytes(text.WrittenSpan);
    }

    /// <summary>True where a <c>#</c> stands right behind a value: what follows is a comment for readers, but may have been meant as a part of the value.</summary>
    public bool IsCutOff(DotEnvAssignment assignment) => assignment.Quote is 0 && assignment.Value.End < Content.Length && Content[assignment.Value.End] is (byte)'#';

    /// <summary>The line and the column of a byte, both from 1. A column is a character of Unicode. Quickest where they are asked for in order, and by one thread.</summary>
    public (int Line, int Column) PlaceOf(int offset)
    {
        _lines ??= FindLines();
        if (offset <= _lines[0]) return (1, 1);
        var found = _lines.BinarySearch(offset);
        var line = found >= 0 ? found : ~found - 1;
        // A file may be one long line with thousands of references.
        var from = _seen.Line == line && _seen.Offset <= offset ? _seen : (Line: line, Offset: _lines[line], Column: 1);
        var column = from.Column;
        foreach (var b in Content[from.Offset..offset]) column += (b & 0xc0) is 0x80 ? 0 : 1;
        _seen = (line, offset, column);
        return (line + 1, column);
    }

    private List<int> FindLines()
    {
        var starts = new List<int> { Content.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0 };
        for (var place = 0; place < Content.Length; place++)
        {
            if (!DotEnvBlanks.IsLineEnd(Content[place])) continue;
            if (Content[place..].StartsWith("\r\n"u8)) place++;
            starts.Add(place + 1);
        }
        return starts;
    }
}
