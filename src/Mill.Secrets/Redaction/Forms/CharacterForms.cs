using System.Buffers;
using System.Text;
using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>Writes what an encoding makes of one character. Bytes that are none come as U+FFFD, which is what they become in a text.</summary>
internal delegate void CharacterForm(Rune character, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output);

/// <summary>A value as it is, and in the encodings that go character by character.</summary>
internal static class CharacterForms
{
    private static readonly SearchValues<byte> NeverEncoded = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."u8);

    private static readonly CharacterForm[] All = [AsText, .. PercentForms.All, .. JsonForms.All, .. ShellForms.All, .. MarkupForms.All, .. EncoderForms.All];

    public static void AddTo(PatternList patterns, ReadOnlySpan<byte> value)
    {
        patterns.Add(value);
        if (!value.ContainsAnyExcept(NeverEncoded)) return;
        foreach (var form in All) patterns.Add(value, form);
    }

    /// <summary>What a program prints that read the value as text.</summary>
    private static void AsText(Rune character, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output) => output.Write(character);

    public static void Write(this IBufferWriter<byte> output, Rune character) => output.Advance(character.EncodeToUtf8(output.GetSpan(4)));
}
