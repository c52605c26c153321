using System.Text;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Xunit;

namespace Mill.Tests.Vault.Envelopes;

/// <summary>A record opens at its own place, unaltered, under its own key; never anywhere else, and never as another value.</summary>
public sealed class MovedRecordTests
{
    private static readonly SecretVersion Sample = Sealing.Seal();

    [Fact]
    public void A_record_opens_where_it_was_sealed() => Assert.Equal("hunter2", Sealing.Open(Sample));

    public static TheoryData<string> Moves => [.. Moved.Keys];

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_record_that_was_moved_or_altered_does_not_open(string move) => RequireRejected(Moved[move](Sample));

    private static readonly Dictionary<string, Func<SecretVersion, SecretVersion>> Moved = new()
    {
        ["other name"] = record => record with { Name = SecretName.Parse("app.db/password2") },
        ["other tenant"] = record => record with { Tenant = TenantId.Parse("other") },
        ["other version"] = record => record with { Version = 2 },
        ["other time"] = record => record with { ValidFrom = new(11) },
        ["other subject"] = record => record with { CreatedBy = "ci2" },
        ["other kind"] = record => record with { Kind = ValueKind.Binary },
        ["other key id"] = record => record with { KeyId = "0000000000000000" },
        ["other prev"] = record => record with { Prev = new byte[31] },
        ["fields that run into each other"] = record => record with { Tenant = TenantId.Parse("defaul"), Name = SecretName.Parse("tapp.db/password") },
        ["key of another version"] = record => record with { WrappedKey = Sealing.Seal(2).WrappedKey, WrapSalt = Sealing.Seal(2).WrapSalt },
        ["value of another version"] = record => Sealing.Seal(2) is var other ? record with { Nonce = other.Nonce, Ciphertext = other.Ciphertext } : record,
        ["everything of another record"] = record => Sealing.Seal() is var other ? record with { WrapSalt = other.WrapSalt, WrappedKey = other.WrappedKey } : record,
        ["short ciphertext"] = record => record with { Ciphertext = record.Ciphertext[..15] },
        ["no ciphertext"] = record => record with { Ciphertext = default },
        ["long nonce"] = record => record with { Nonce = (byte[])[.. record.Nonce.Span, 0] },
        ["short salt"] = record => record with { WrapSalt = record.WrapSalt[1..] },
        ["short key"] = record => record with { WrappedKey = record.WrappedKey![1..] },
        ["no commitment"] = record => record with { KeyCommitment = default },
    };

    [Fact]
    public void Another_cluster_and_another_master_key_cannot_open_it()
    {
        RequireRejected(Sample, Sealing.Unsealed with { ClusterId = "cluster-2" });
        using var key = Sealing.Key(2);
        RequireRejected(Sample, new(key, Sealing.Cluster));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        var first = Sealing.Seal();
        var second = Sealing.Seal(2, prev: RecordDigest.Of(first));
        first = first with { State = VersionState.Superseded, ValidTo = second.ValidFrom };
        var json = RecordCodec.Encode(first);
        for (var bit = 0; bit < json.Length * 8; bit++)
        {
            var altered = (byte[])json.Clone();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(IsNoticed(first, second, altered), $"bit {bit}: {Encoding.UTF8.GetString(altered)}");
        }
    }

    [Fact]
    public void A_value_that_decrypts_under_another_key_is_refused_by_the_commitment()
    {
        // Everything but the commitment belongs to another sealing at the same place: key and value fit each other, and would decrypt.
        var other = Sealing.Seal();
        var mixed = Sample with { WrapSalt = other.WrapSalt, WrappedKey = other.WrappedKey, Nonce = other.Nonce, Ciphertext = other.Ciphertext };
        RequireRejected(mixed);
        Assert.Equal("hunter2", Sealing.Open(mixed with { KeyCommitment = other.KeyCommitment }));
    }

    [Fact]
    public void A_destroyed_version_is_gone_for_good()
    {
        var destroyed = Sample with { State = VersionState.Destroyed, WrappedKey = null };
        Assert.Equal(MillError.NotFound, Assert.Throws<MillException>(() => EnvelopeSealer.Open(Sealing.Unsealed, destroyed)).Error);
    }

    [Fact]
    public void Sealing_the_same_value_twice_shows_nothing_of_it()
    {
        var other = Sealing.Seal();
        Assert.NotEqual(Sample.Ciphertext.ToArray(), other.Ciphertext.ToArray());
        Assert.NotEqual(Sample.WrapSalt.ToArray(), other.WrapSalt.ToArray());
        Assert.NotEqual(Sample.Nonce.ToArray(), other.Nonce.ToArray());
        Assert.NotEqual(Sample.KeyCommitment.ToArray(), other.KeyCommitment.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(256 * 1024)]
    public void A_value_of_any_length_comes_back(int length)
    {
        using var value = SecretValue.FromBytes(new byte[length]);
        var record = EnvelopeSealer.Seal(Sealing.Unsealed, new(Core.Samples.Id, 1, new(10), "Zoë €", "r", ValueKind.Binary, RecordDigest.None), value);
        using var opened = EnvelopeSealer.Open(Sealing.Unsealed, record);
        Assert.Equal(value, opened);
    }

    private static bool IsNoticed(SecretVersion first, SecretVersion second, byte[] altered)
    {
        try
        {
            var record = (SecretVersion)RecordCodec.Decode(first.Key, altered);
            var history = new SecretHistory(first.Name) { Versions = [record, second] };
            if (HistoryCheck.FindFault(history) is not null || HistoryCheck.FindBrokenLink(history) is not null) return true;
            Sealing.Open(record);
            // Text that reads the same: nothing was altered then.
            return RecordCodec.Encode(record).AsSpan().SequenceEqual(RecordCodec.Encode(first));
        }
        catch (MillException e) when (e.Error is MillError.StorageDamaged or MillError.LaterFormat or MillError.RecordRejected or MillError.NotFound)
        {
            return true;
        }
    }

    private static void RequireRejected(SecretVersion record, Mill.Vault.KeyRing.Unsealed? unsealed = null) =>
        Assert.Equal(MillError.RecordRejected, Assert.Throws<MillException>(() => Sealing.Open(record, unsealed)).Error);
}
