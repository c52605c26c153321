using Mill.Secrets;
using Mill.Vault.Envelopes;
using Xunit;

namespace Mill.Tests.Vault.Envelopes;

public sealed class TextSealerTests
{
    [Theory]
    [InlineData("")]
    [InlineData("token")]
    [InlineData("Zoë €\n")]
    public void A_text_opens_at_its_place(string text) => Assert.Equal(text, TextSealer.Open(Sealing.Unsealed, TextSealer.Seal(Sealing.Unsealed, text, "here"), "here"));

    [Fact]
    public void It_opens_nowhere_else()
    {
        var sealedText = TextSealer.Seal(Sealing.Unsealed, "token", "here");
        using var key = Sealing.Key(2);
        RequireRejected(() => TextSealer.Open(Sealing.Unsealed, sealedText, "there"));
        RequireRejected(() => TextSealer.Open(Sealing.Unsealed with { ClusterId = "cluster-2" }, sealedText, "here"));
        RequireRejected(() => TextSealer.Open(new(key, Sealing.Cluster), sealedText, "here"));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        var bytes = Convert.FromBase64String(TextSealer.Seal(Sealing.Unsealed, "token", "here"));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            RequireRejected(() => TextSealer.Open(Sealing.Unsealed, Convert.ToBase64String(bytes), "here"));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64")]
    public void What_is_no_sealed_text_is_rejected(string text) => RequireRejected(() => TextSealer.Open(Sealing.Unsealed, text, "here"));

    private static void RequireRejected(Func<string> open) => Assert.Equal(MillError.RecordRejected, Assert.Throws<MillException>(open).Error);
}
