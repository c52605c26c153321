using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>Keys have many lines, and what prints them cuts them apart.</summary>
public sealed class MultilineValueTests
{
    private static readonly string Key = $"-----BEGIN KEY-----\n{Line('k')}\n{Line('l')}\nend/of+k\n-----END KEY-----\n";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Whatever_ends_its_lines_it_is_one_mask(string lineEnd)
    {
        foreach (var value in new[] { Key, Key.Replace("\n", "\r\n", StringComparison.Ordinal) })
        {
            using var redactor = Redactors.Of(value);
            Assert.Equal("key: [REDACTED]!", redactor.Apply($"key: {Key.Replace("\n", lineEnd, StringComparison.Ordinal)}!"));
        }
    }

    [Fact]
    public void Without_its_last_line_end_it_is_one_mask()
    {
        using var redactor = Redactors.Of(Key, "short\n", " 'quoted' ");
        Assert.Equal("<[REDACTED]> <[REDACTED]> <[REDACTED]>", redactor.Apply($"<{Key.Trim()}> <short> <quoted>"));
        Assert.Equal("<[REDACTED]>", redactor.Apply($"<{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key.Trim()))}>"));
    }

    [Fact]
    public void Each_of_its_lines_is_masked_alone()
    {
        using var redactor = Redactors.Of(Key);
        Assert.All(Key.Trim().Split('\n'), line => Assert.Equal("12:00 | [REDACTED] |", redactor.Apply($"12:00 | {line} |")));
        Assert.All(Key.Trim().Split('\n'), line => Assert.Equal("12:00 | [REDACTED] |", redactor.Apply($"12:00 | {Uri.EscapeDataString(line)} |")));
    }

    [Fact]
    public void Lines_of_less_than_eight_bytes_are_masked_with_the_others_only()
    {
        using var redactor = Redactors.Of("{\n  a: 1,\n  \"password\": 1\n}");
        Assert.Equal("a: 1, [REDACTED] { }", redactor.Apply("a: 1, \"password\": 1 { }"));
        Assert.Equal("[REDACTED]", redactor.Apply("{\n  a: 1,\n  \"password\": 1\n}"));
        Assert.Equal(8, SecretRedactor.ShortestPart);
    }

    [Fact]
    public void In_base64_of_many_lines_each_is_masked()
    {
        using var redactor = Redactors.Of(Key);
        var encoded = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key));
        foreach (var length in new[] { 64, 76 })
        {
            var lines = encoded.Chunk(length).Select(line => new string(line)).ToList();
            Assert.Equal("[REDACTED]\n", redactor.Apply(string.Join('\n', lines) + "\n"));
            Assert.Equal("[REDACTED]\r\n", redactor.Apply(string.Join("\r\n", lines) + "\r\n"));
            Assert.All(lines.Where(line => line.Length >= 8), line => Assert.Equal("| [REDACTED] |", redactor.Apply($"| {line} |")));
        }
    }

    private static string Line(char letter) => string.Concat(Enumerable.Range(0, 16).Select(number => $"{letter}{number:x2}/"));
}
