using Mill.Core.Members;
using Xunit;

namespace Mill.Tests.Core.Members;

public sealed class JoinTokenTests
{
    private static readonly JoinToken Sample = new("abcDEF012345", new string('z', JoinToken.SecretLength), new string('a', ClusterTrust.PinLength));

    [Fact]
    public void A_join_token_reads_back_and_tells_nothing_by_accident()
    {
        Assert.True(JoinToken.TryParse(Sample.Reveal(), out var again));
        Assert.Equal(Sample, again);
        Assert.Equal(Sample.HashSecret(), again.HashSecret());
        Assert.DoesNotContain(Sample.Secret, $"{Sample}", StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_join_token_is_none()
    {
        var text = Sample.Reveal();
        string?[] others =
        [
            null, "", "mill_join_", text[1..], text[..^1], text + "0", text + "_", "x" + text, text.ToUpperInvariant(), text.Replace("join", "Join", StringComparison.Ordinal),
            text.Replace('D', '-'), text.Replace('z', 'é'), text[..^1] + "A", text[..^1] + "g", text.Replace("_zz", "zz", StringComparison.Ordinal), $" {text}", text + "\n",
        ];
        Assert.All(others, other => Assert.False(JoinToken.TryParse(other, out _), other));
    }

    [Fact]
    public void Another_secret_has_another_hash() => Assert.NotEqual(Sample.HashSecret(), (Sample with { Secret = new string('y', JoinToken.SecretLength) }).HashSecret());
}
