using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>A value as <c>xxd -p</c> and <see cref="Convert"/> print bytes.</summary>
internal static class HexForms
{
    public static void AddTo(PatternList patterns, ReadOnlySpan<byte> value)
    {
        using var hex = new PinnedWriter(value.Length * 2);
        var target = hex.GetSpan(value.Length * 2);
        Convert.TryToHexString(value, target, out var length);
        patterns.Add(target[..length]);
        Convert.TryToHexStringLower(value, target, out length);
        patterns.Add(target[..length]);
    }
}
