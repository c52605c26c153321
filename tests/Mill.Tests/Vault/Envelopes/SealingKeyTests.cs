using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Tests.Core;
using Mill.Vault.Envelopes;
using Mill.Vault.Versions;
using Xunit;

namespace Mill.Tests.Vault.Envelopes;

/// <summary>A key that is made ahead seals once: the same key and nonce for two texts would tell the difference of both, and how to forge more.</summary>
public sealed class SealingKeyTests
{
    private static readonly VersionDraft Draft = new(Samples.Id, 1, new(10), "ci", "r", ValueKind.Text, RecordDigest.None);

    [Fact]
    public void It_seals_once()
    {
        using var key = SealingKey.Make(Sealing.Unsealed.Key);
        using var value = SecretValue.FromText("v");
        Assert.Equal("v", Sealing.Open(EnvelopeSealer.Seal(Sealing.Unsealed, Draft, value, key)));
        Assert.Throws<InvalidOperationException>(() => EnvelopeSealer.Seal(Sealing.Unsealed, Draft, value, key));
    }

    [Fact]
    public async Task A_set_that_is_decided_again_uses_another_one_and_so_does_one_that_was_given_up()
    {
        await using var vault = await TestVault.OpenAsync();
        var state = await vault.StateAsync();
        using var value = SecretValue.FromText("v");
        using var command = new SetCommand(vault.Ring, vault.Ring.Demand(state), TestVault.Operator, new(SecretName.Parse("a"), value, ValueKind.Text), new("r"));
        var (first, second) = (Decide(), Decide());
        command.Dispose();
        SecretVersion[] sealings = [first, second, Decide()];
        Assert.Equal(3, sealings.Select(version => Convert.ToHexString(version.WrapSalt.Span)).Distinct().Count());
        Assert.Equal(3, sealings.Select(version => Convert.ToHexString(version.KeyCommitment.Span)).Distinct().Count());
        Assert.All(sealings, version => Assert.Equal("v", Sealing.Open(version, vault.Ring.Demand(state))));

        SecretVersion Decide() => (SecretVersion)((StateCommand<SetAnswer>)command).Decide(state, new(10)).Changes[^1].Record!;
    }

    [Fact]
    public void The_record_names_the_master_key_that_it_was_sealed_under()
    {
        using var value = SecretValue.FromText("v");
        using var key = SealingKey.Make(Sealing.Key(fill: 2));
        // The record says which master key it needs: that of the key it was sealed with, whoever sealed it.
        Assert.Equal(key.Master.Id, EnvelopeSealer.Seal(Sealing.Unsealed, Draft, value, key).KeyId);
    }
}
