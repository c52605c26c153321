using System.Text;
using System.Text.Json;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>Ten thousand lines with values in them, and none is left.</summary>
public sealed class SurvivalTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=!@#$%^&*()[]{}<>|;:'\"\\ ,?`é€😀";

    private static readonly Func<string, string>[] Encodings =
    [
        value => value,
        Uri.EscapeDataString,
        System.Net.WebUtility.UrlEncode!,
        System.Net.WebUtility.HtmlEncode!,
        value => JsonSerializer.Serialize(value)[1..^1],
        value => value.Replace("'", "'\\''", StringComparison.Ordinal),
        value => Convert.ToBase64String(Encoding.UTF8.GetBytes(value)),
        value => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value)),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_value_survives_in_a_log(int seed)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, 200).Select(_ => Value(random)).Distinct().ToList();
        using var redactor = Redactors.Of(values);
        for (var number = 0; number < 10_000; number++)
        {
            var encoded = Encodings[random.Next(Encodings.Length)](values[random.Next(values.Count)]);
            var line = redactor.Apply($"2026-11-22T07:36:00Z info: {Noise(random)} <{encoded}> {Noise(random)} took {number} ms");
            Assert.Contains("<[REDACTED]>", line, StringComparison.Ordinal);
            Assert.DoesNotContain(values, value => line.Contains(value, StringComparison.Ordinal));
        }
    }

    private static string Value(Random random)
    {
        var runes = Alphabet.EnumerateRunes().ToArray();
        // Not like a part of a line: a value that is one is masked there too.
        return "v" + string.Concat(Enumerable.Range(0, random.Next(7, 40)).Select(_ => runes[random.Next(runes.Length)]));
    }

    private static string Noise(Random random) => string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => (char)random.Next('a', 'z' + 1)));
}
