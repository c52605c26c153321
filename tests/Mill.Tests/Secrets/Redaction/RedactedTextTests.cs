using System.Text;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>Text of .NET: masks are found in UTF-8, and whatever is not masked stays as it was.</summary>
public sealed class RedactedTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("nothing here")]
    [InlineData("é😀\ud83d")]
    public void Without_a_match_it_is_the_same_string(string text)
    {
        using var redactor = Redactors.Of("password");
        Assert.Same(text, redactor.Redact(text));
    }

    [Theory]
    [InlineData("é password 😀", "é [REDACTED] 😀")]
    [InlineData("😀password😀", "😀[REDACTED]😀")]
    [InlineData("€zürich-😀€", "€[REDACTED]€")]
    [InlineData("password 😀 zürich-😀", "[REDACTED] 😀 [REDACTED]")]
    public void Characters_of_any_length_stay_around_masks_of_any_length(string text, string masked)
    {
        using var redactor = Redactors.Of("password", "zürich-😀");
        Assert.Equal(masked, redactor.Apply(text));
    }

    [Fact]
    public void Half_a_surrogate_pair_stays_as_it_is()
    {
        using var redactor = Redactors.Of("password");
        Assert.Equal("\ud83d[REDACTED]\ude00 \ude00\ud83d", redactor.Redact("\ud83dpassword\ude00 \ude00\ud83d"));
    }

    [Fact]
    public void A_value_with_half_a_surrogate_pair_is_masked()
    {
        using var redactor = Redactors.Of("pass\ud83dword");
        Assert.Equal("a [REDACTED].", redactor.Redact("a pass\ud83dword."));
    }

    [Fact]
    public void A_character_of_which_a_part_is_masked_is_masked()
    {
        var euro = Encoding.UTF8.GetBytes("€");
        using var redactor = Redactors.Of([[.. "abcd"u8, euro[0]], [euro[2], .. "efgh"u8], [.. "ijkl"u8, euro[0]]]);
        Assert.Equal("-[REDACTED]-", redactor.Redact("-abcd€efgh-"));
        Assert.Equal("-[REDACTED]-", redactor.Redact("-ijkl€-"));
        Assert.Equal("[REDACTED]", redactor.Redact("€efgh"));
    }

    [Fact]
    public void Bytes_that_are_no_text_pass_through()
    {
        using var redactor = Redactors.Of("password");
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        redactor.Redact([0xff, .. "password"u8, 0xc3, 0x28], output);
        Assert.Equal([0xff, .. "[REDACTED]"u8, 0xc3, 0x28], output.WrittenSpan.ToArray());
    }
}
