using System.Buffers;
using System.Text;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>Redactors of given texts, and what they are held against: the same rule in the most simple way, without encodings.</summary>
internal static class Redactors
{
    public static SecretRedactor Of(params IEnumerable<string> values) => Of(values.Select(Encoding.UTF8.GetBytes));

    public static SecretRedactor Of(IEnumerable<byte[]> values)
    {
        var secrets = values.Select(value => SecretValue.FromBytes(value)).ToList();
        try
        {
            return SecretRedactor.Of(secrets);
        }
        finally
        {
            secrets.ForEach(secret => secret.Dispose());
        }
    }

    /// <summary>The text with masks, by way of bytes and by way of text: they have to agree.</summary>
    public static string Apply(this SecretRedactor redactor, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var output = new ArrayBufferWriter<byte>();
        redactor.Redact(bytes, output);
        var masked = Encoding.UTF8.GetString(output.WrittenSpan);
        if (masked != redactor.Redact(text) || redactor.Contains(bytes) != (masked != text)) throw new InvalidOperationException($"{masked} is not {redactor.Redact(text)}");
        return masked;
    }

    /// <summary>Every byte of every occurrence of every value is masked; bytes that are masked and touch become one mask.</summary>
    public static string Expected(IEnumerable<string> values, string text) => Expected(values, text, text.Length);

    /// <summary>The same of the first bytes, where what follows them is known too.</summary>
    public static string Expected(IEnumerable<string> values, string text, int length)
    {
        var isMasked = new bool[text.Length];
        foreach (var value in values.Where(value => value.Length >= SecretRedactor.ShortestValue))
        {
            for (var place = -1; (place = text.IndexOf(value, place + 1, StringComparison.Ordinal)) >= 0;)
            {
                if (place < length) isMasked.AsSpan(place, value.Length).Fill(true);
            }
        }
        var result = new StringBuilder();
        for (var place = 0; place < length; place++)
        {
            if (!isMasked[place]) result.Append(text[place]);
            else if (place is 0 || !isMasked[place - 1]) result.Append(SecretRedactor.Mask);
        }
        return result.ToString();
    }

    /// <summary>Where the text, at its earliest, may be in the midst of a value.</summary>
    public static int Settled(IReadOnlyList<string> values, string text) =>
        Enumerable.Range(0, text.Length + 1).First(place => place == text.Length || values.Any(value => value.Length > text.Length - place && value.StartsWith(text[place..], StringComparison.Ordinal)));

    /// <summary>Letters of a small alphabet, in which everything overlaps. No encoding of such a text is such a text.</summary>
    public static string Letters(this Random random, int shortest, int longest) => string.Create(random.Next(shortest, longest + 1), random, static (target, random) =>
    {
        for (var i = 0; i < target.Length; i++) target[i] = (char)('a' + random.Next(2));
    });
}
