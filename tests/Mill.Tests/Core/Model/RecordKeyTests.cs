using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Model;

public sealed class RecordKeyTests
{
    public static TheoryData<string> Known =>
    [
        "/mill/v1/cluster", "/mill/v1/head", "/mill/v1/tokens/abc", "/mill/v1/retention/default", "/mill/v1/pruned/default/a/1",
        "/mill/v1/authority", "/mill/v1/revocations", "/mill/v1/leader", "/mill/v1/nodes/00112233445566ff", "/mill/v1/join-tokens/abc",
        "/mill/v1/idempotency/token/00ff", "/mill/v1/secrets/default/a/1", "/mill/v1/secrets/default/a/1/2", "/mill/v1/secrets/t-1/a/b.c/2147483647",
    ];

    [Theory]
    [MemberData(nameof(Known))]
    public void A_key_that_is_read_is_the_key_that_was_written(string text) => Assert.Equal(text, RecordKey.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("/mill/v2/head")]
    [InlineData("/mill/v1/")]
    [InlineData("/mill/v1/head/")]
    [InlineData("/mill/v1/cluster/")]
    [InlineData("/mill/v1/unknown/a")]
    [InlineData("/mill/v1/tokens/")]
    [InlineData("/mill/v1/authority/")]
    [InlineData("/mill/v1/leader/a")]
    [InlineData("/mill/v1/nodes/")]
    [InlineData("/mill/v1/nodes/00112233445566f")]
    [InlineData("/mill/v1/nodes/00112233445566FF")]
    [InlineData("/mill/v1/nodes/00112233445566ff/a")]
    [InlineData("/mill/v1/join-tokens/")]
    [InlineData("/mill/v1/join-tokens/a/b")]
    [InlineData("/mill/v1/retention/")]
    [InlineData("/mill/v1/retention/A")]
    [InlineData("/mill/v1/secrets/default/a")]
    [InlineData("/mill/v1/secrets/default/1")]
    [InlineData("/mill/v1/secrets/default/a/")]
    [InlineData("/mill/v1/secrets/default/a/01")]
    [InlineData("/mill/v1/secrets/default/a/-1")]
    [InlineData("/mill/v1/secrets/default/a/+1")]
    [InlineData("/mill/v1/secrets/default/a/2147483648")]
    [InlineData("/mill/v1/secrets/default/a//1")]
    [InlineData("/mill/v1/secrets/Default/a/1")]
    [InlineData("/mill/v1/secrets/default/a/0")]
    [InlineData("/mill/v1/secrets/default/a/1\0")]
    [InlineData("/mill/v1/secrets/default/a/\uff11")]
    [InlineData("/mill/v1/idempotency/token")]
    [InlineData("/mill/v1/pruned/default/")]
    public void A_key_that_nobody_writes_is_refused(string text) => Assert.Throws<FormatException>(() => RecordKey.Parse(text));

    [Fact]
    public void Names_that_end_in_numbers_are_not_taken_for_versions()
    {
        var key = Assert.IsType<SecretVersionKey>(RecordKey.Parse("/mill/v1/secrets/default/a/1/2"));
        Assert.Equal(("a/1", 2), (key.Name.Value, key.Version));
        Assert.NotEqual(key, RecordKey.Parse("/mill/v1/secrets/default/a/12"));
    }

    [Fact]
    public void No_two_secrets_share_a_key()
    {
        string[] names = ["a", "a/1", "a/1/1", "a/2", "1", "1/1", "a.1", "a-1"];
        var keys = from name in names from version in Enumerable.Range(1, 12) select new SecretVersionKey(TenantId.Default, SecretName.Parse(name), version);
        Assert.Equal(names.Length * 12, keys.Select(key => key.ToString()).Distinct().Count());
        Assert.All(keys, key => Assert.Equal(key, RecordKey.Parse(key.ToString())));
    }
}
