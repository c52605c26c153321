using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Model;

/// <summary>The reader and the writer by hand beside the serializer: what one takes, the other takes as the same record, and they write the same bytes.</summary>
public sealed class SecretVersionReaderTests
{
    private static readonly string[] Values =
    [
        "null", "true", "{}", "[]", "[[1]]", """{"a":{"b":[]}}""", "0", "1", "-0", "-1", "01", "1.0", "1e0", "1E2", "0.5", "2147483647", "2147483648", "-2147483649",
        "9223372036854775807", "9223372036854775808", "99999999999999999999999999", "1e400", "+1", "NaN", "\"1\"", "\"\"", "\" \"", "\"a\"", "\"\\u0061\"", "\"\\u006a\\u00e4\"",
        "\"\\ud800\"", "\"c\\ud800rrent\"", "\"t\\udc00xt\"", "\"\\ud83d\\ude00\"", "\"\\x\"", "\"\\", "\"a\u0001\"", "\"AAAA\"", "\"AA==\"", "\"AB==\"", "\"AA=\"", "\"AA A\"", "\"AA\\nAA\"",
        "\"\\u0041AAA\"", "\"\\ud800AAA\"", "\"AAAA====\"", "\"A-_A\"", "\"current\"", "\"cu\\u0072rent\"", "\"destroyed\"", "\"deleted\"", "\"text\"", "\"binary\"", "\"binar\\u0079\"", "\"superseded\"",
    ];

    private static readonly byte[] Telling = [.. "{}[]:,\"\\/ \n\t0123456789.eE+-=u"u8];

    private static readonly Encoding Strict = new UTF8Encoding(false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_version_that_is_written_is_read(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            var version = AVersion(random);
            Assert.True(IsTaken(version, RecordCodec.Encode(version)));
            Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(version, RecordJson.Default.SecretVersion), RecordCodec.Encode(version));
        }
    }

    [Fact]
    public void The_usual_version_is_read_by_the_quick_way_and_an_unusual_one_by_the_other()
    {
        var usual = Samples.Version(1, 10);
        Assert.True(IsQuick(usual));
        Assert.True(IsQuick(Samples.Version(2_000_000_000, 999_999_999_999_999_999, 10, VersionState.Superseded) with { Kind = ValueKind.Binary }));
        Assert.True(IsQuick(Samples.Version(1, 10, 20, VersionState.Destroyed)));
        Assert.False(IsQuick(usual with { CreatedBy = "a+b" }));
        Assert.False(IsQuick(usual with { CreatedBy = "José" }));
        Assert.False(IsQuick(usual with { RequestId = "a\"b" }));
        Assert.False(IsQuick(usual with { ValidFrom = new(-1) }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_changed_byte_is_judged_alike(int seed)
    {
        var random = new Random(seed);
        var (taken, count) = (0, 5_000);
        for (var i = 0; i < count; i++)
        {
            var version = random.Next(2) == 0 ? Samples.Version(1, 10) : AVersion(random);
            var json = RecordCodec.Encode(version).ToList();
            var at = random.Next(json.Count);
            switch (random.Next(4))
            {
                case 0: json[at] = AByte(random); break;
                case 1: json[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: json.Insert(random.Next(json.Count + 1), AByte(random)); break;
                default: json.RemoveAt(at); break;
            }
            if (IsTaken(version, [.. json])) taken++;
        }
        Assert.InRange(taken, count / 20, count - (count / 20));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Members_in_any_order_shape_and_spelling_are_judged_alike(int seed)
    {
        var random = new Random(seed);
        var (taken, count) = (0, 5_000);
        for (var i = 0; i < count; i++)
        {
            var version = AVersion(random);
            if (IsTaken(version, Strict.GetBytes(Rewritten(version, random)))) taken++;
        }
        Assert.InRange(taken, count / 20, count - (count / 20));
    }

    [Fact]
    public void Every_value_at_every_member_is_judged_alike()
    {
        var version = Samples.Version(1, 10);
        var members = Members(version);
        foreach (var (name, _) in members)
        {
            foreach (var value in Values) IsTaken(version, Strict.GetBytes(Join(members.Select(member => member.Name == name ? (name, value) : member))));
        }
    }

    [Fact]
    public void Names_that_are_no_text_are_judged_alike()
    {
        var version = Samples.Version(1, 10);
        foreach (var (name, value) in Members(version))
        {
            for (var at = 0; at <= name.Length; at++)
            {
                foreach (var odd in new[] { "\\ud800", "\\udfff", "\\u0000", "\\\\", "\\\"", "\\u00e4", "ä" })
                {
                    Assert.False(IsTaken(version, Strict.GetBytes(Join(Members(version).Select(member => member.Name == name ? (name.Insert(at, odd), value) : member)))));
                    Assert.False(IsTaken(version, Strict.GetBytes(Join([.. Members(version), (name.Insert(at, odd) + new string('x', 40), value)]))));
                }
            }
        }
    }

    [Theory]
    [InlineData("", " \r\n\t", true)]
    [InlineData(" \r\n\t", "", true)]
    [InlineData("", "x", false)]
    [InlineData("", "{}", false)]
    [InlineData("", "\0", false)]
    [InlineData("", ",", false)]
    [InlineData("", "// end", false)]
    [InlineData("/**/", "", false)]
    [InlineData("\uFEFF", "", false)]
    [InlineData("[", "]", false)]
    public void What_stands_around_a_record_is_judged_alike(string before, string after, bool isTaken)
    {
        var version = Samples.Version(1, 10);
        Assert.Equal(isTaken, IsTaken(version, [.. Strict.GetBytes(before), .. RecordCodec.Encode(version), .. Strict.GetBytes(after)]));
    }

    [Fact]
    public void A_record_cut_short_is_refused()
    {
        var version = Samples.Version(1, 10);
        var json = RecordCodec.Encode(version);
        for (var length = 0; length < json.Length; length++) Assert.False(IsTaken(version, json[..length]));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_wherever_they_stand()
    {
        var version = Samples.Version(1, 10);
        var json = RecordCodec.Encode(version);
        foreach (byte[] bytes in new byte[][] { [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xC3], [0xF5, 0x80, 0x80, 0x80] })
        {
            for (var at = 0; at <= json.Length; at++) Assert.False(IsTaken(version, [.. json[..at], .. bytes, .. json[at..]]));
        }
    }

    private static bool IsQuick(SecretVersion version)
    {
        var json = RecordCodec.Encode(version);
        Assert.True(IsTaken(version, json));
        return SecretVersionScan.TryRead((SecretVersionKey)version.Key, json, new byte[json.Length]) is not null;
    }

    /// <summary>Whether both take it; fails where they differ.</summary>
    private static bool IsTaken(SecretVersion version, byte[] json)
    {
        var key = (SecretVersionKey)version.Key;
        var (byHand, bySerializer) = (ByHand(key, json), BySerializer(key, json));
        // What Mill never writes: the serializer takes the names of states and kinds in capitals and between spaces too, a missing format as 0, and null as
        // no bytes.
        if (byHand is null && bySerializer is not null && (!HasExactNames(json) || bySerializer.Format == 0 || LacksBytes(json))) return false;
        Assert.True((byHand is null) == (bySerializer is null), $"{(byHand is null ? "Only the serializer" : "Only the reader")} takes {Convert.ToBase64String(json)}");
        if (byHand is null) return false;
        Assert.Equal(RecordCodec.Encode(bySerializer!), RecordCodec.Encode(byHand));
        return true;
    }

    private static SecretVersion? ByHand(SecretVersionKey key, byte[] json)
    {
        try
        {
            return SecretVersionReader.Read(key, json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static SecretVersion? BySerializer(SecretVersionKey key, byte[] json)
    {
        try
        {
            var version = JsonSerializer.Deserialize(json, RecordJson.Default.SecretVersion);
            return (version?.Tenant, version?.Name) == (key.Tenant, key.Name) ? version : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool HasExactNames(byte[] json)
    {
        var record = JsonNode.Parse(json)!;
        return record["state"]!.GetValue<string>() is "current" or "superseded" or "deleted" or "destroyed" && record["kind"]!.GetValue<string>() is "text" or "binary";
    }

    private static bool LacksBytes(byte[] json) =>
        new[] { "wrap_salt", "key_commitment", "nonce", "ciphertext", "prev" }.Any(name => JsonNode.Parse(json)![name] is null);

    private static SecretVersion AVersion(Random random)
    {
        var state = (VersionState)random.Next(4);
        return Samples.Version(1, 1) with
        {
            Tenant = TenantId.Parse(random.Next(2) == 0 ? "default" : "other"),
            Name = SecretName.Parse(random.Next(2) == 0 ? "a" : "app.db/password"),
            Version = ANumber(random, int.MaxValue),
            ValidFrom = new(ANumber(random, int.MaxValue) * (random.Next(2) == 0 ? 1L : int.MaxValue)),
            ValidTo = random.Next(2) == 0 ? null : new(random.NextInt64(long.MinValue, long.MaxValue)),
            State = state,
            CreatedBy = AText(random),
            RequestId = AText(random),
            Kind = (ValueKind)random.Next(2),
            KeyId = AText(random),
            WrapSalt = SomeBytes(random),
            WrappedKey = state is VersionState.Destroyed ? null : SomeBytes(random),
            KeyCommitment = SomeBytes(random),
            Nonce = SomeBytes(random),
            Ciphertext = SomeBytes(random),
            Prev = SomeBytes(random),
        };
    }

    private static int ANumber(Random random, int most) => random.Next(3) switch { 0 => random.Next(10), 1 => most - random.Next(2), _ => random.Next(most) };

    private static string AText(Random random) => random.Next(3) == 0
        ? "operator"
        : string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(8) switch { 0 => "ä", 1 => "\"", 2 => "\\", 3 => "\0", 4 => "😀", 5 => "+", _ => "x" }));

    private static byte[] SomeBytes(Random random)
    {
        var bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte AByte(Random random) => random.Next(3) switch
    {
        0 => (byte)random.Next(256),
        1 => Telling[random.Next(Telling.Length)],
        _ => (byte)random.Next('a', 'z' + 1),
    };

    private static string Rewritten(SecretVersion version, Random random)
    {
        var members = Members(version);
        if (random.Next(2) == 0) random.Shuffle(members);
        for (var changes = random.Next(3); changes > 0; changes--)
        {
            ref var member = ref members[random.Next(members.Length)];
            member = random.Next(6) switch
            {
                0 => (member.Name, Values[random.Next(Values.Length)]),
                1 => (member.Name, Escaped(member.Value, random)),
                2 => (Escaped($"\"{member.Name}\"", random).Trim('"'), member.Value),
                3 => (member.Name, $" {member.Value}\n"),
                4 => members[random.Next(members.Length)],
                _ => (random.Next(2) == 0 ? member.Name.ToUpperInvariant() : member.Name + "_", member.Value),
            };
        }
        if (random.Next(8) == 0) members = members[..^1];
        return Join(members);
    }

    /// <summary>The same text, with some of its letters written as numbers. Anything else stays.</summary>
    private static string Escaped(string json, Random random) => json is ['"', .. var text, '"'] && !text.Contains('\\', StringComparison.Ordinal)
        ? $"\"{string.Concat(text.Select(letter => random.Next(3) == 0 ? $"\\u{(int)letter:x4}" : $"{letter}"))}\""
        : json;

    private static (string Name, string Value)[] Members(SecretVersion version) =>
        [.. JsonDocument.Parse(RecordCodec.Encode(version)).RootElement.EnumerateObject().Select(member => (member.Name, member.Value.GetRawText()))];

    private static string Join(IEnumerable<(string Name, string Value)> members) => $"{{{string.Join(',', members.Select(member => $"\"{member.Name}\":{member.Value}"))}}}";
}
