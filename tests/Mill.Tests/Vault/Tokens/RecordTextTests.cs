using Mill.Client.Contracts;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Tests.Core;
using Mill.Tests.Vault.Members;
using Mill.Vault;
using Mill.Vault.Tokens;
using Xunit;

namespace Mill.Tests.Vault.Tokens;

/// <summary>Records print their members: those that hold a secret must not.</summary>
public sealed class RecordTextTests
{
    private const string Canary = "mill_canarycanary_0123456789012345678901234567890123456789012";

    [Fact]
    public void What_holds_a_token_or_a_key_prints_neither()
    {
        var record = new TokenRecord { Id = "i", SecretHash = [], Tenant = TenantId.Default, Subject = "s", Role = Role.Reader, CreatedAt = default, CreatedBy = "b" };
        var response = new TokenResponse { Id = "i", Token = Canary, Subject = "s", Tenant = "t", Role = "reader", Allow = [], Deny = [], CreatedAt = default, CreatedBy = "b" };
        object[] all =
        [
            new CreatedToken(record, Canary), response, new VaultOptions(Canary, null), new TokenText("i", Canary),
            new CreatedJoinToken(Samples.JoinToken("i"), Canary), new JoinToken("i", Canary, "p"), new JoinRequest(Canary, TestCluster.FirstPlace, "csr"),
        ];

        Assert.All(all, one => Assert.DoesNotContain("canary", $"{one}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("created_by")]
    [InlineData("request_id")]
    public void A_record_with_a_field_larger_than_any_that_was_written_is_damaged(string member)
    {
        var version = Samples.History(1).Versions[0];
        var huge = member is "created_by" ? version with { CreatedBy = new string('x', 1_000_000) } : version with { RequestId = new string('x', 1_000_000) };

        var refused = Assert.Throws<Mill.Secrets.MillException>(() => RecordCodec.Decode(huge.Key, RecordCodec.Encode(huge)));

        Assert.Equal(Mill.Secrets.MillError.StorageDamaged, refused.Error);
    }
}
