using System.Buffers;
using System.Text;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value as shells and their tools quote it (POSIX.1-2017, Shell Command Language, 2.2; bash, 3.1.2).</summary>
internal static class ShellForms
{
    public static readonly CharacterForm[] All =
    [
        Replacing('\'', "'\\''"), // inside of single quotes
        Replacing('\'', "'\"'\"'"), // the same, as Python's shlex does it
        Replacing('\'', "''"), // PowerShell
        Backslash("\\\"$`"), // inside of double quotes
        Backslash("\""), // arguments of Windows
        Backslash("\\'"), // single quotes of most languages
        Backslash(" !\"$&'()*,;<>?[\\]^`{|}"), // printf %q of bash
        (_, bytes, output) => AnsiC(bytes, isAscii: false, output), // $'…' of bash: what holds a line end
        (_, bytes, output) => AnsiC(bytes, isAscii: true, output), // the same in a locale without UTF-8
    ];

    private static CharacterForm Replacing(char what, string by)
    {
        var bytes = Encoding.ASCII.GetBytes(by);
        return (character, own, output) => output.Write(character.Value == what ? bytes : own);
    }

    private static CharacterForm Backslash(string escaped) => (character, bytes, output) =>
    {
        if (character.IsAscii && escaped.Contains((char)character.Value, StringComparison.Ordinal)) output.Write("\\"u8);
        output.Write(bytes);
    };

    private static void AnsiC(ReadOnlySpan<byte> bytes, bool isAscii, IBufferWriter<byte> output)
    {
        foreach (var b in bytes)
        {
            if (Short(b) is { IsEmpty: false } known) output.Write(known);
            else if (b < ' ' || b is 0x7f || (isAscii && b > 0x7f)) output.Write([(byte)'\\', (byte)('0' + (b >> 6)), (byte)('0' + (b >> 3 & 7)), (byte)('0' + (b & 7))]);
            else output.Write([b]);
        }
    }

    private static ReadOnlySpan<byte> Short(byte b) => b switch
    {
        (byte)'\\' => "\\\\"u8,
        (byte)'\'' => "\\'"u8,
        (byte)'\a' => "\\a"u8,
        (byte)'\b' => "\\b"u8,
        (byte)'\e' => "\\E"u8,
        (byte)'\f' => "\\f"u8,
        (byte)'\n' => "\\n"u8,
        (byte)'\r' => "\\r"u8,
        (byte)'\t' => "\\t"u8,
        (byte)'\v' => "\\v"u8,
        _ => [],
    };
}
