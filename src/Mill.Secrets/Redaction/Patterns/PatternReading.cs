using System.Buffers;

namespace Mill.Secrets.Redaction.Patterns;

/// <summary>The right to read the patterns: until it is disposed they are not cleared. Throws <see cref="ObjectDisposedException"/> where they are already.</summary>
internal readonly struct PatternReading : IDisposable
{
    private readonly PatternIndex _patterns;

    public PatternReading(PatternIndex patterns)
    {
        var isAdded = false;
        patterns.DangerousAddRef(ref isAdded);
        _patterns = patterns;
    }

    public bool Contains(ReadOnlySpan<byte> utf8) => new MaskScan(_patterns, utf8, isLast: true).MoveNext();

    public void Redact(ReadOnlySpan<byte> utf8, IBufferWriter<byte> output)
    {
        var masked = -1;
        Redact(utf8, isLast: true, ref masked, output);
    }

    /// <summary>Writes as much of the text as what may follow cannot change, and says how much that is.</summary>
    /// <param name="masked">Where the last mask ends, before and after: from the beginning of this text, and from what is left of it. -1 where something not masked came since.</param>
    public int Redact(ReadOnlySpan<byte> utf8, bool isLast, ref int masked, IBufferWriter<byte> output)
    {
        var scan = new MaskScan(_patterns, utf8, isLast);
        var end = masked;
        while (scan.MoveNext())
        {
            // What touches the mask before it belongs to that one.
            if (scan.Start > end)
            {
                output.Write(utf8[Math.Max(end, 0)..scan.Start]);
                output.Write("[REDACTED]"u8);
            }
            end = Math.Max(end, scan.End);
        }
        if (scan.Settled > end) output.Write(utf8[Math.Max(end, 0)..scan.Settled]);
        masked = Math.Max(end - scan.Settled, -1);
        return scan.Settled;
    }

    public string Redact(string text)
    {
        using var utf8 = Utf8Copy.Of(text);
        var scan = new MaskScan(_patterns, utf8.Bytes, isLast: true);
        if (!scan.MoveNext()) return text;
        var masked = new MaskedText(text);
        do masked.Mask(scan.Start, scan.End);
        while (scan.MoveNext());
        return masked.ToString();
    }

    public void Dispose() => _patterns.DangerousRelease();
}
