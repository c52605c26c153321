using System.Security.Cryptography;
using System.Text.Json;
using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;
using Xunit;

namespace Mill.Tests.Vault.Envelopes;

/// <summary>Every step of a sealing, as another program made it: <c>docs/vectors/make_vectors.py</c>.</summary>
public sealed class EnvelopeVectorTests
{
    private static readonly JsonElement[] Vectors = [.. JsonDocument.Parse(File.ReadAllBytes(Find("docs/vectors/envelope-v1.json"))).RootElement.GetProperty("vectors").EnumerateArray()];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Vectors.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_step_gives_what_the_vector_says(int number)
    {
        var (given, made) = (Vectors[number].GetProperty("given"), Vectors[number].GetProperty("made"));
        using var master = MasterKey.From(Bytes(given, "master_key"));
        Assert.Equal(Text(made, "key_id"), master.Id);

        var wrappingKey = new byte[32];
        master.Derive("mill/v1/wrap"u8, Bytes(given, "wrap_salt"), wrappingKey);
        Assert.Equal(Text(made, "wrapping_key"), Convert.ToHexStringLower(wrappingKey));

        var draft = Draft(given);
        var fields = SealedFields.Of(draft, Text(given, "cluster_id"), master.Id);
        Assert.Equal(Text(made, "aad_wrap"), Convert.ToHexStringLower(fields.Write(new byte[fields.MaxSize], "mill/v1/aad-wrap"u8)));
        Assert.Equal(Text(made, "aad_value"), Convert.ToHexStringLower(fields.Write(new byte[fields.MaxSize], "mill/v1/aad-value"u8)));

        var derived = HKDF.Expand(HashAlgorithmName.SHA256, Bytes(given, "data_key"), 64, "mill/v1/value"u8.ToArray());
        Assert.Equal(Text(made, "encryption_key") + Text(made, "key_commitment"), Convert.ToHexStringLower(derived));

        var record = Seal(master, given, draft);
        Assert.Equal(Text(made, "key_id"), record.KeyId);
        Assert.Equal(Text(made, "wrapped_key"), Convert.ToHexStringLower(record.WrappedKey!));
        Assert.Equal(Text(made, "key_commitment"), Convert.ToHexStringLower(record.KeyCommitment.Span));
        Assert.Equal(Text(made, "ciphertext"), Convert.ToHexStringLower(record.Ciphertext.Span));
        Assert.Equal(Text(made, "record_digest"), Convert.ToHexStringLower(RecordDigest.Of(record)));

        using var opened = EnvelopeSealer.Open(new(master, Text(given, "cluster_id")), record);
        Assert.Equal(Text(given, "value"), opened.Reveal(bytes => Convert.ToHexStringLower(bytes)));
    }

    private static SecretVersion Seal(MasterKey master, JsonElement given, VersionDraft draft)
    {
        using var value = SecretValue.FromBytes(Bytes(given, "value"));
        using var key = SealingKey.From(master, [.. Bytes(given, "data_key"), .. Bytes(given, "wrap_salt"), .. Bytes(given, "nonce")]);
        return EnvelopeSealer.Seal(new(master, Text(given, "cluster_id")), draft, value, key);
    }

    private static VersionDraft Draft(JsonElement given) => new(
        new(TenantId.Parse(Text(given, "tenant")), SecretName.Parse(Text(given, "name"))), given.GetProperty("version").GetInt32(),
        new(given.GetProperty("valid_from").GetInt64()), Text(given, "created_by"), Text(given, "request_id"),
        Text(given, "kind") == "text" ? ValueKind.Text : ValueKind.Binary, Bytes(given, "prev"));

    private static string Text(JsonElement values, string member) => values.GetProperty(member).GetString()!;

    private static byte[] Bytes(JsonElement values, string member) => Convert.FromHexString(Text(values, member));

    private static string Find(string path)
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Mill.slnx"))) directory = Path.GetDirectoryName(directory) ?? throw new FileNotFoundException(path);
        return Path.Combine(directory, path);
    }
}
