using System.Buffers;
using Mill.Secrets.Redaction.Forms;
using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction;

/// <summary>
/// Masks known values in a text, whoever wrote it there: the values themselves and what base64, hex, URLs, JSON, shells, HTML and XML make of them. Every byte that any of them covers is masked, whichever
/// of them overlap, and each stretch of masked bytes becomes one <see cref="Mask"/>. For any number of threads; once disposed it throws, and gives no text through.
/// </summary>
public sealed class SecretRedactor : IDisposable
{
    /// <summary>What stands in the place of a value.</summary>
    public const string Mask = "[REDACTED]";

    /// <summary>
    /// Values with fewer bytes are not masked: they stand in half of all lines by chance, so masks would make logs useless, and tell by their places what the value is. Do not keep secrets that short.
    /// </summary>
    public const int ShortestValue = 4;

    /// <summary>Parts of a value (a line of many, what does not depend on the neighbours in base64) are masked from this number of bytes on.</summary>
    public const int ShortestPart = 8;

    private readonly PatternIndex _patterns;

    private SecretRedactor(PatternIndex patterns) => _patterns = patterns;

    /// <summary>Copies what it needs: the values stay the caller's.</summary>
    public static SecretRedactor Of(IEnumerable<SecretValue> values)
    {
        using var patterns = new PatternList();
        foreach (var value in values) value.Reveal(patterns, static (bytes, all) => ValueForms.AddTo(all, bytes));
        return new(PatternIndex.Of(patterns));
    }

    /// <summary>Writes the text with masks. If it throws, what it has written until then holds no value.</summary>
    public void Redact(ReadOnlySpan<byte> utf8, IBufferWriter<byte> output)
    {
        using var reading = Read();
        reading.Redact(utf8, output);
    }

    /// <summary>The text with masks; the very same string where there is nothing to mask.</summary>
    public string Redact(string text)
    {
        using var reading = Read();
        return reading.Redact(text);
    }

    /// <summary>True where something would be masked.</summary>
    public bool Contains(ReadOnlySpan<byte> utf8)
    {
        using var reading = Read();
        return reading.Contains(utf8);
    }

    /// <summary>Clears the values. A call that is under way still sees all of them; they are cleared when it is done.</summary>
    public void Dispose() => _patterns.Dispose();

    internal PatternReading Read() => new(_patterns);
}
