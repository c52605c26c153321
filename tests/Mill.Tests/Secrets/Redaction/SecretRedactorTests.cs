using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>What is masked where several values meet.</summary>
public sealed class SecretRedactorTests
{
    [Theory]
    [InlineData("a password here", "a [REDACTED] here")]
    [InlineData("password", "[REDACTED]")]
    [InlineData("passwor", "passwor")]
    [InlineData("", "")]
    [InlineData("[REDACTED]", "[REDACTED]")]
    [InlineData("password password", "[REDACTED] [REDACTED]")]
    public void A_value_is_masked_wherever_it_stands(string text, string masked)
    {
        using var redactor = Redactors.Of("password");
        Assert.Equal(masked, redactor.Apply(text));
    }

    [Theory]
    [InlineData("hunter2hunter2", "[REDACTED]")]
    [InlineData("hunter2-longer", "[REDACTED]")]
    [InlineData("hunter2-longest", "[REDACTED]-longest")]
    [InlineData("hunter2-longer-s", "[REDACTED]-s")]
    public void Of_values_that_begin_alike_the_longest_counts(string text, string masked)
    {
        using var redactor = Redactors.Of("hunter2", "hunter2-longer", "hunter2-longer-still");
        Assert.Equal(masked, redactor.Apply(text));
    }

    [Theory]
    [InlineData("x abcdefgh x", "x [REDACTED] x")]
    [InlineData("x abcdefghijkl x", "x [REDACTED] x")]
    [InlineData("x abcdefghijklmnop x", "x [REDACTED] x")]
    [InlineData("x cdef x", "x [REDACTED] x")]
    [InlineData("x abcdef", "x ab[REDACTED]")]
    public void A_value_that_begins_inside_of_another_prolongs_its_mask(string text, string masked)
    {
        using var redactor = Redactors.Of("abcdefgh", "cdef", "efghijkl", "ijklmnop");
        Assert.Equal(masked, redactor.Apply(text));
    }

    [Fact]
    public void Values_that_touch_become_one_mask()
    {
        using var redactor = Redactors.Of("first-one", "2nd-value");
        Assert.Equal("<[REDACTED]> [REDACTED]", redactor.Apply("<first-one2nd-valuefirst-one> 2nd-value2nd-value"));
    }

    [Fact]
    public void Values_of_less_than_four_bytes_are_not_masked()
    {
        using var redactor = Redactors.Of("", "a", "abc", "\u20ac", "1234");
        Assert.Equal("a abc \u20ac [REDACTED] xyz", redactor.Apply("a abc \u20ac 1234 xyz"));
    }

    [Fact]
    public void No_values_mask_nothing()
    {
        using var redactor = Redactors.Of();
        Assert.Equal("password", redactor.Apply("password"));
        Assert.Equal("", redactor.Apply(""));
    }

    [Fact]
    public void A_value_given_twice_is_masked_once()
    {
        using var redactor = Redactors.Of("password", "password");
        Assert.Equal("[REDACTED].", redactor.Apply("password."));
    }

    [Fact]
    public void Long_values_and_short_ones_live_together()
    {
        var key = string.Concat(Enumerable.Range(0, 5_000).Select(number => $"{number:x4}"));
        using var redactor = Redactors.Of(key, key[..4_000], "pin4", key[^10..] + "tail");
        Assert.Equal("pin [REDACTED] [REDACTED] [REDACTED]" + key[4_000..^1], redactor.Apply($"pin pin4 {key}tail {key[..^1]}"));
    }

    [Fact]
    public void Values_that_begin_alike_by_the_thousand_are_told_apart()
    {
        var values = Enumerable.Range(0, 1_000).Select(number => $"https://example.com/{number * 7919 % 1_000_003:d7}").ToList();
        using var redactor = Redactors.Of(values);
        Assert.All(values, value => Assert.Equal("GET [REDACTED] 200", redactor.Apply($"GET {value} 200")));
        Assert.Equal("https://example.com/x https://example.com/", redactor.Apply("https://example.com/x https://example.com/"));
    }

    [Fact]
    public void Every_length_of_one_letter_is_one_mask()
    {
        using var redactor = Redactors.Of(Enumerable.Range(4, 300).Select(length => new string('a', length)));
        Assert.Equal($"aaa b [REDACTED] b [REDACTED]{new string('b', 9)}", redactor.Apply($"aaa b {new string('a', 20_000)} b aaaa{new string('b', 9)}"));
    }

    [Fact]
    public void Binary_values_are_masked_in_bytes()
    {
        using var redactor = Redactors.Of([[0xff, 0, 0xfe, 0x80, 7]]);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        redactor.Redact([1, 0xff, 0, 0xfe, 0x80, 7, 0xff], output);
        Assert.Equal([1, .. "[REDACTED]"u8, 0xff], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Binary_values_are_masked_as_the_text_that_programs_make_of_them()
    {
        byte[] value = [.. "key:"u8, 0xff, 0xc3, 0x28, .. "\u00e9end"u8];
        using var redactor = Redactors.Of([value]);
        Assert.Equal("<[REDACTED]>", redactor.Apply($"<{System.Text.Encoding.UTF8.GetString(value)}>"));
    }

    [Fact]
    public void It_does_not_show_what_it_knows()
    {
        using var redactor = Redactors.Of("canary-7f3a");
        Assert.DoesNotContain("canary", redactor.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", System.Text.Json.JsonSerializer.Serialize(redactor), StringComparison.Ordinal);
    }
}
