using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Sealing;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SealedBoxTests
{
    private const string PublicKey = "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8=";

    // Bytes 0 to 31.
    private static readonly byte[] SecretKey = [.. Enumerable.Range(0, SealedBox.KeyLength).Select(number => (byte)number)];

    /// <summary>Made and opened with another program that uses libsodium (libsodium-wrappers), with an ephemeral key of the bytes 32 to 63.</summary>
    [Theory]
    [InlineData("s3cr3t-ünïcode\nline2", "NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlT/I11LgRVCickaZnszgfLu9myz7OOuAa1pJArfoW5QZjT1/VAj5A==")]
    [InlineData("", "NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlTo/I+jNfxZR47Gj6Cgu6FD")]
    public void Boxes_of_another_program_open(string message, string box)
    {
        using var opened = SealedBox.Open(Convert.FromBase64String(box), Convert.FromBase64String(PublicKey), SecretKey);

        Assert.Equal(message, Text(opened));
    }

    [Fact]
    public void A_thousand_random_messages_come_out_as_they_went_in()
    {
        var random = new Random(1); // the same messages in every run
        var (own, secret) = SealedBox.NewKeyPair();
        for (var number = 0; number < 1_000; number++)
        {
            var message = new byte[random.Next(0, 4_096)];
            random.NextBytes(message);
            using var value = SecretValue.FromBytes(message);
            var box = SealedBox.Seal(value, own);

            Assert.Equal(message.Length + SealedBox.Overhead, box.Length);
            using var opened = SealedBox.Open(box, own, secret);
            Assert.True(value.Equals(opened));
        }
    }

    [Fact]
    public void The_longest_value_of_GitHub_is_sealed()
    {
        using var value = SecretValue.FromBytes(new byte[GitHubSecretName.LongestValue]);

        Assert.Equal(65_600, Convert.ToBase64String(SealedBox.Seal(value, SealedBox.NewKeyPair().Public)).Length);
    }

    [Fact]
    public void No_two_boxes_are_alike()
    {
        using var value = SecretValue.FromText("the same");
        var own = SealedBox.NewKeyPair().Public;

        Assert.NotEqual(SealedBox.Seal(value, own), SealedBox.Seal(value, own));
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        using var value = SecretValue.FromText("a value");
        var (own, _) = SealedBox.NewKeyPair();
        var (otherOwn, otherSecret) = SealedBox.NewKeyPair();

        Assert.Null(SealedBox.Open(SealedBox.Seal(value, own), otherOwn, otherSecret));
    }

    [Fact]
    public void What_was_changed_or_cut_does_not_open()
    {
        using var value = SecretValue.FromText("a value");
        var (own, secret) = SealedBox.NewKeyPair();
        var box = SealedBox.Seal(value, own);
        for (var index = 0; index < box.Length; index++)
        {
            var changed = box.ToArray();
            changed[index] ^= 1;
            Assert.Null(SealedBox.Open(changed, own, secret));
            Assert.Null(SealedBox.Open(box.AsSpan(0, index), own, secret));
        }
    }

    [Fact]
    public void A_key_of_another_length_is_an_error_of_the_caller()
    {
        using var value = SecretValue.FromText("a value");

        Assert.Throws<ArgumentException>(() => SealedBox.Seal(value, new byte[31]));
        Assert.Throws<ArgumentException>(() => SealedBox.Open(new byte[64], new byte[32], new byte[33])?.Dispose());
    }

    private static string? Text(SecretValue? value) => value?.Reveal(bytes => Encoding.UTF8.GetString(bytes));
}
