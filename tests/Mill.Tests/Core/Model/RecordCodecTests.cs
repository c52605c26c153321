using System.Text;
using Mill.Core.Model;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Model;

public sealed class RecordCodecTests
{
    private const string Canary = "canary-7f3a";

    private static readonly SecretVersion Sample = Samples.Version(1, 10);

    public static TheoryData<string> Members => [.. Json(Sample).Trim('{', '}').Split(',').Select(member => member.Split(':')[0].Trim('"'))];

    [Fact]
    public void Every_kind_of_record_goes_round()
    {
        (RecordKey Key, StateRecord Record)[] records =
        [
            (Sample.Key, Sample),
            (Sample.Key, Samples.Version(1, 10, 20, VersionState.Destroyed)),
            (new HeadKey(), new HeadRecord { Batch = "b", CommitTime = new(7) }),
            (new ClusterKey(), new ClusterRecord { Id = "c", KeyId = "k", CreatedAt = new(1) }),
            (new RetentionKey(TenantId.Default), new RetentionRecord { Tenant = TenantId.Default, MaxVersions = 3 }),
            (new PrunedKey(TenantId.Default, Samples.Name), new PrunedRecord { Tenant = TenantId.Default, Name = Samples.Name, Through = 2, Digest = [1] }),
            (new IdempotencyKey("t", "d"), new IdempotencyRecord { Fingerprint = [1], Answer = "{}", AppliedAt = new(3) }),
            (new TokenKey("t"), new TokenRecord { Id = "t", SecretHash = [1], Tenant = TenantId.Default, Subject = "s", Role = Role.Writer, Allow = ["a*"], CreatedAt = new(1), CreatedBy = "c" }),
            (new NodeKey(Samples.NodeId(1)), Samples.Node(1)),
            (new NodeKey(Samples.NodeId(1)), Samples.Node(1) with { MemberId = "ff", Role = NodeRole.Api }),
            (new JoinTokenKey("j"), Samples.JoinToken("j")),
            (new JoinTokenKey("j"), Samples.JoinToken("j") with { UsedAt = new(5), UsedBy = Samples.NodeId(2), UsedKeyHash = [9] }),
            (new AuthorityKey(), new AuthorityRecord { Certificate = [1, 2], SealedKey = "AAAA", KeyId = "k", CreatedAt = new(1) }),
            (new NodeKey(Samples.NodeId(1)), Samples.Node(1) with { EarlierCertificates = [new("0a", new(7))] }),
            (new RevocationsKey(), new RevocationsRecord { Number = 2, List = [1, 2], Certificates = [new("0a", new(7), Samples.NodeId(1), new(5))] }),
            (new LeaderKey(), new LeaderRecord { NodeId = Samples.NodeId(1), Name = "n", ElectedAt = new(4) }),
        ];
        foreach (var (key, record) in records) Assert.Equal(Json(record), Json(RecordCodec.Decode(key, RecordCodec.Encode(record))));
    }

    [Fact]
    public void Open_ends_are_written_out() => Assert.Contains("\"valid_to\":null", Json(Sample), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Members))]
    public void A_member_that_is_missing_null_or_twice_is_damage(string member)
    {
        var parts = Json(Sample).Trim('{', '}').Split(',');
        var own = parts.Single(part => part.StartsWith($"\"{member}\":", StringComparison.Ordinal));
        if (member is not "valid_to") RequireDamaged($"{{{string.Join(',', parts.Except([own]))}}}");
        if (member is not ("wrapped_key" or "valid_to")) RequireDamaged($"{{{string.Join(',', parts.Select(part => part == own ? $"\"{member}\":null" : part))}}}");
        RequireDamaged($"{{{string.Join(',', parts)},{own}}}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"" + Canary + "\"")]
    [InlineData("{\"" + Canary + "\":1}")]
    [InlineData("{\"tenant\":\"" + Canary + " \"}")]
    [InlineData("{\"nonce\":\"" + Canary + "!\"}")]
    [InlineData("{\"state\":\"" + Canary + "\"}")]
    [InlineData("{\"version\":\"" + Canary + "\"}")]
    public void What_is_no_record_is_damage_and_is_not_quoted(string json) => RequireDamaged(json);

    [Theory]
    [InlineData("{\"" + Canary + "\":1,")]
    [InlineData("{\"subject\":\"x\",\"" + Canary + "\":{\"deep\":1},")]
    [InlineData("{\"\\ud800\":1,")]
    [InlineData("{\"t\\ud800enant\":\"" + Canary + "\",")]
    public void An_unknown_member_is_damage_and_is_not_quoted(string start) => RequireDamaged(start + Json(Sample)[1..]);

    [Fact]
    public void Half_of_a_pair_is_damage_in_every_kind_of_record()
    {
        var token = new TokenRecord { Id = "t", SecretHash = [1], Tenant = TenantId.Default, Subject = "subject", Role = Role.Writer, CreatedAt = new(1), CreatedBy = "c" };
        foreach (var text in new[] { "subject", "writer", "default", "role", "AQ==" })
            RequireDamaged(Json(token).Replace($"\"{text}\"", $"\"{Canary}\\ud800\"", StringComparison.Ordinal), new TokenKey("t"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_record_of_another_format_is_not_guessed_at(int format) => RequireDamaged(Json(Sample with { Format = format }));

    [Fact]
    public void A_record_of_a_later_format_asks_for_an_upgrade_whatever_else_is_in_it()
    {
        RequireLater(Json(Sample with { Format = 2 }), Sample.Key);
        RequireLater(Json(Samples.Node(1) with { Format = 7 }), new NodeKey(Samples.NodeId(1)));
        RequireLater($$"""{"new":{"format":1,"list":[1,{"a":"{{Canary}}"}]},"format":2,"other":null}""", Sample.Key);
        RequireLater("""{"format":2}""", new HeadKey());
        foreach (var none in (string[])["""{"new":{"format":2}}""", """{"format":"2"}""", """{"format":2.5}""", """[{"format":2}]""", """{"x":1,"format":""", "{\"\\ud800\":1,\"format\":2}"]) RequireDamaged(none, new HeadKey());
    }

    [Fact]
    public void A_record_that_belongs_elsewhere_is_damage()
    {
        RequireDamaged(Json(Sample with { Version = 2 }));
        RequireDamaged(Json(Sample with { Name = SecretName.Parse("other") }));
        RequireDamaged(Json(Sample with { Tenant = TenantId.Parse("other") }));
        RequireDamaged(Json(new PrunedRecord { Tenant = TenantId.Default, Name = SecretName.Parse("other"), Through = 2, Digest = [1] }), new PrunedKey(TenantId.Default, Samples.Name));
        RequireDamaged(Json(new RetentionRecord { Tenant = TenantId.Parse("other") }), new RetentionKey(TenantId.Default));
        var token = new TokenRecord { Id = "t", SecretHash = [1], Tenant = TenantId.Default, Subject = "s", Role = Role.Writer, CreatedAt = new(1), CreatedBy = "c" };
        RequireDamaged(Json(token), new TokenKey("u"));
        RequireDamaged(Json(Samples.Node(1)), new NodeKey(Samples.NodeId(2)));
        RequireDamaged(Json(Samples.JoinToken("j")), new JoinTokenKey("k"));
    }

    [Theory]
    [InlineData("\"role\":\"both\"", "\"role\":\"Both\"")]
    [InlineData("\"role\":\"both\"", "\"role\":2")]
    [InlineData("\"role\":\"both\"", "\"role\":\"" + Canary + "\"")]
    [InlineData("\"id\":\"0000000000000001\"", "\"id\":\"" + Canary + "\"")]
    [InlineData("\"id\":\"0000000000000001\",", "")]
    [InlineData("\"api_port\":7701,", "")]
    [InlineData("\"api_port\":7701,", "\"api_port\":\"7701\",")]
    [InlineData("\"name\":\"n1\"", "\"name\":null")]
    [InlineData("\"name\":\"n1\"", "\"name\":\"n1\",\"name\":\"n1\"")]
    [InlineData("\"name\":\"n1\"", "\"name\":\"n1\",\"" + Canary + "\":1")]
    [InlineData("\"format\":1", "\"format\":0")]
    public void A_node_that_is_not_as_it_was_written_is_damage(string was, string becomes)
    {
        Assert.Contains(was, Json(Samples.Node(1)), StringComparison.Ordinal);
        RequireDamaged(Json(Samples.Node(1)).Replace(was, becomes, StringComparison.Ordinal), new NodeKey(Samples.NodeId(1)));
    }

    private static string Json(StateRecord record) => Encoding.UTF8.GetString(RecordCodec.Encode(record));

    private static void RequireLater(string json, RecordKey key)
    {
        var later = Assert.Throws<MillException>(() => RecordCodec.Decode(key, Encoding.UTF8.GetBytes(json)));
        Assert.Equal(MillError.LaterFormat, later.Error);
        Assert.Contains($"{key}", later.Message, StringComparison.Ordinal);
        Assert.NotNull(later.Hint);
        Assert.DoesNotContain(Canary, later.ToString(), StringComparison.Ordinal);
    }

    private static void RequireDamaged(string json, RecordKey? key = null)
    {
        var damage = Assert.Throws<MillException>(() => RecordCodec.Decode(key ?? Sample.Key, Encoding.UTF8.GetBytes(json)));
        Assert.Equal(MillError.StorageDamaged, damage.Error);
        Assert.DoesNotContain(Canary, damage.ToString(), StringComparison.Ordinal);
    }
}
