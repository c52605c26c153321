using System.Buffers;
using System.Text;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value in a string of JSON (RFC 8259, section 7). The writers differ in what they escape without having to, and in the case of the digits.</summary>
internal static class JsonForms
{
    public static readonly CharacterForm[] All =
    [
        .. With("", isAscii: false), // what must be; JavaScript, Newtonsoft
        .. With("", isAscii: true), // Python
        .. With("/", isAscii: true), // PHP
        .. With("/", isAscii: false), // PHP with JSON_UNESCAPED_UNICODE
        .. With("<>&", isAscii: false), // Go
    ];

    private static CharacterForm[] With(string escaped, bool isAscii) =>
        [(character, _, output) => Write(character, escaped, isAscii, isUpper: true, output), (character, _, output) => Write(character, escaped, isAscii, isUpper: false, output)];

    private static void Write(Rune character, string escaped, bool isAscii, bool isUpper, IBufferWriter<byte> output)
    {
        if (Short(character.Value) is { IsEmpty: false } known) output.Write(known);
        else if (character.Value is '/' && escaped.Contains('/', StringComparison.Ordinal)) output.Write("\\/"u8);
        else if (character.Value < ' ' || (isAscii && !character.IsAscii) || (character.IsAscii && escaped.Contains((char)character.Value, StringComparison.Ordinal))) WriteUnits(character, isUpper, output);
        else output.Write(character);
    }

    private static ReadOnlySpan<byte> Short(int character) => character switch
    {
        '"' => "\\\""u8,
        '\\' => "\\\\"u8,
        '\b' => "\\b"u8,
        '\f' => "\\f"u8,
        '\n' => "\\n"u8,
        '\r' => "\\r"u8,
        '\t' => "\\t"u8,
        _ => [],
    };

    private static void WriteUnits(Rune character, bool isUpper, IBufferWriter<byte> output)
    {
        Span<char> units = stackalloc char[2];
        foreach (var unit in units[..character.EncodeToUtf16(units)])
        {
            output.Write("\\u"u8);
            output.WriteHex(unit, 4, isUpper);
        }
    }
}
