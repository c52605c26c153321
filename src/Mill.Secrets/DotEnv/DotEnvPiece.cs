using System.Buffers.Text;

namespace Mill.Secrets.DotEnv;

public enum DotEnvPieceKind
{
    Text,

    /// <summary>A backslash in front of what would be a reference: it falls away, and what follows is text.</summary>
    Escape,

    /// <summary><c>secret(NAME)</c> or <c>secret(NAME@version)</c>.</summary>
    Secret,

    /// <summary><c>enc(NAME)</c> or <c>enc(NAME, literal)</c>.</summary>
    Store,

    /// <summary>A reference whose closing parenthesis is missing.</summary>
    Unclosed,
}

/// <summary>A piece of a value. Whether a name is one, and a version a number, is not looked at.</summary>
/// <param name="Whole">All of it, in bytes of the file.</param>
/// <param name="Name">Of a reference.</param>
/// <param name="Argument">What follows the name, if anything does: a version after <c>@</c>, or a literal after a comma and blanks.</param>
public readonly record struct DotEnvPiece(DotEnvPieceKind Kind, DotEnvPart Whole, DotEnvPart Name = default, DotEnvPart? Argument = null)
{
    /// <summary>The version that follows <c>@</c>; null where that is no number from 1.</summary>
    public static int? ReadVersion(ReadOnlySpan<byte> argument) =>
        Utf8Parser.TryParse(argument, out int number, out var length) && length == argument.Length && number >= 1 && argument[0] is not (byte)'+' ? number : null;

    /// <summary>The pieces of a part of a file, in order and without gaps.</summary>
    public static IEnumerable<DotEnvPiece> Of(DotEnvDocument document, DotEnvPart part)
    {
        var (place, text) = (part.Start, part.Start);
        while (place < part.End)
        {
            var piece = At(document.Content[..part.End], place);
            if (piece.Kind is DotEnvPieceKind.Text)
            {
                place = piece.Whole.End;
                continue;
            }
            if (piece.Whole.Start > text) yield return new(DotEnvPieceKind.Text, new(text, piece.Whole.Start - text));
            yield return piece;
            // What was escaped is not looked at again: it is the beginning of the next text.
            place = piece.Kind switch
            {
                DotEnvPieceKind.Escape => piece.Whole.End + 1,
                DotEnvPieceKind.Unclosed => part.End, // what follows cannot be told from what should have been closed
                _ => piece.Whole.End,
            };
            text = piece.Whole.End;
        }
        if (part.End > text) yield return new(DotEnvPieceKind.Text, new(text, part.End - text));
    }

    /// <summary>What begins here; where nothing does, the text up to where something may.</summary>
    private static DotEnvPiece At(ReadOnlySpan<byte> content, int place)
    {
        var rest = content[place..];
        if (rest[0] is (byte)'\\' && IsOpening(rest[1..])) return new(DotEnvPieceKind.Escape, new(place, 1));
        if (rest.StartsWith("secret("u8)) return Secret(content, place, place + 7);
        if (rest.StartsWith("enc("u8)) return Store(content, place, place + 4);
        var next = rest[1..].IndexOfAny((byte)'\\', (byte)'s', (byte)'e');
        return new(DotEnvPieceKind.Text, new(place, next < 0 ? rest.Length : next + 1));
    }

    private static bool IsOpening(ReadOnlySpan<byte> text) => text.StartsWith("secret("u8) || text.StartsWith("enc("u8);

    private static DotEnvPiece Secret(ReadOnlySpan<byte> content, int start, int name)
    {
        var length = content[name..].IndexOfAny((byte)')', (byte)'\n', (byte)'\r');
        if (length < 0 || content[name + length] is not (byte)')') return new(DotEnvPieceKind.Unclosed, new(start, name - start));
        var whole = new DotEnvPart(start, name + length + 1 - start);
        var at = content.Slice(name, length).IndexOf((byte)'@');
        return at < 0
            ? new(DotEnvPieceKind.Secret, whole, new(name, length))
            : new(DotEnvPieceKind.Secret, whole, new(name, at), new(name + at + 1, length - at - 1));
    }

    private static DotEnvPiece Store(ReadOnlySpan<byte> content, int start, int name)
    {
        var length = content[name..].IndexOfAny(")\n\r,"u8);
        if (length < 0 || DotEnvBlanks.IsLineEnd(content[name + length])) return new(DotEnvPieceKind.Unclosed, new(start, name - start));
        if (content[name + length] is (byte)')') return new(DotEnvPieceKind.Store, new(start, name + length + 1 - start), new(name, length));
        var literal = name + length + 1;
        while (literal < content.Length && content[literal] is (byte)' ' or (byte)'\t') literal++;
        return Closing(content, literal) is { } end
            ? new(DotEnvPieceKind.Store, new(start, end + 1 - start), new(name, length), new(literal, end - literal))
            : new(DotEnvPieceKind.Unclosed, new(start, name - start));
    }

    /// <summary>The parenthesis that closes the literal: those that the literal opens itself are closed in it.</summary>
    private static int? Closing(ReadOnlySpan<byte> content, int place)
    {
        for (var depth = 0; place < content.Length; place++)
        {
            if (content[place] is (byte)'(') depth++;
            if (content[place] is (byte)')' && depth-- == 0) return place;
        }
        return null;
    }
}
