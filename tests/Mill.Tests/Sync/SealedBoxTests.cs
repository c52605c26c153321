using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Sealing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>What Mill seals, and what the fake of GitHub opens.</summary>
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
        var opened = new KeyPair(Convert.FromBase64String(PublicKey), SecretKey).Open(Convert.FromBase64String(box));

        Assert.Equal(message, Encoding.UTF8.GetString(opened!));
    }

    [Fact]
    public void A_thousand_random_messages_come_out_as_they_went_in()
    {
        var random = new Random(1); // the same messages in every run
        var keys = KeyPair.New();
        for (var number = 0; number < 1_000; number++)
        {
            var message = new byte[random.Next(0, 4_096)];
            random.NextBytes(message);
            using var value = SecretValue.FromBytes(message);
            var box = SealedBox.Seal(value, keys.Public.Span);

            Assert.Equal(message.Length + SealedBox.Overhead, box.Length);
            Assert.Equal(message, keys.Open(box));
        }
    }

    [Fact]
    public void The_longest_value_of_GitHub_is_sealed()
    {
        using var value = SecretValue.FromBytes(new byte[GitHubSecretName.LongestValue]);

        Assert.Equal(65_600, Convert.ToBase64String(SealedBox.Seal(value, KeyPair.New().Public.Span)).Length);
    }

    [Fact]
    public void No_two_boxes_are_alike()
    {
        using var value = SecretValue.FromText("the same");
        var own = KeyPair.New().Public;

        Assert.NotEqual(SealedBox.Seal(value, own.Span), SealedBox.Seal(value, own.Span));
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        using var value = SecretValue.FromText("a value");

        Assert.Null(KeyPair.New().Open(SealedBox.Seal(value, KeyPair.New().Public.Span)));
    }

    [Fact]
    public void What_was_changed_or_cut_does_not_open()
    {
        using var value = SecretValue.FromText("a value");
        var keys = KeyPair.New();
        var box = SealedBox.Seal(value, keys.Public.Span);
        for (var index = 0; index < box.Length; index++)
        {
            var changed = box.ToArray();
            changed[index] ^= 1;
            Assert.Null(keys.Open(changed));
            Assert.Null(keys.Open(box.AsSpan(0, index)));
        }
    }

    [Fact]
    public void A_key_of_another_length_is_an_error_of_the_caller()
    {
        using var value = SecretValue.FromText("a value");

        Assert.Throws<ArgumentException>(() => SealedBox.Seal(value, new byte[31]));
        Assert.Throws<ArgumentException>(() => new KeyPair(new byte[32], new byte[33]));
    }

    /// <summary>Not there, of another machine, or too old to have it.</summary>
    [Theory]
    [InlineData(typeof(DllNotFoundException))]
    [InlineData(typeof(BadImageFormatException))]
    [InlineData(typeof(EntryPointNotFoundException))]
    public void A_libsodium_that_cannot_be_used_is_told_of_in_one_way(Type failure)
    {
        var sodium = new Sodium(() => throw (Exception)Activator.CreateInstance(failure)!);

        var missing = Assert.Throws<MillException>(sodium.Demand);
        Assert.Equal(MillError.Unsupported, missing.Error);
        Assert.Contains("libsodium", missing.Message, StringComparison.Ordinal);
        Assert.Contains("apt install", missing.Hint, StringComparison.Ordinal);
        Assert.Throws<MillException>(sodium.Demand); // the second time, too
        Assert.Throws<MillException>(new Sodium(() => -1).Demand);
    }
}
