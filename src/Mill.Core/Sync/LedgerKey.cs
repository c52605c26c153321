using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>The random key under which a ledger keeps the fingerprints of values: without it nobody can find a value by trying.</summary>
[DebuggerDisplay("[key]")]
[JsonConverter(typeof(LedgerKeyConverter))]
public sealed class LedgerKey
{
    public const int Length = 32;

    private const int Kept = 16;

    private readonly byte[] _bytes;

    /// <summary>Throws <see cref="ArgumentException"/> for bytes that are not <see cref="Length"/>.</summary>
    public LedgerKey(ReadOnlySpan<byte> bytes) => _bytes = bytes.Length == Length ? bytes.ToArray() : throw new ArgumentException("A key has 32 bytes.");

    /// <summary>HMAC-SHA256 of the value, its first half as hex.</summary>
    public string Fingerprint(SecretValue value) => value.Reveal(bytes => Convert.ToHexStringLower(HMACSHA256.HashData(_bytes, bytes).AsSpan(0, Kept)));

    public override string ToString() => "[key]";

    internal void WriteTo(Utf8JsonWriter writer) => writer.WriteBase64StringValue(_bytes);
}

internal sealed class LedgerKeyConverter : JsonConverter<LedgerKey>
{
    public override LedgerKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes) && bytes.Length == LedgerKey.Length ? new(bytes) : throw new JsonException("not a key");

    public override void Write(Utf8JsonWriter writer, LedgerKey value, JsonSerializerOptions options) => value.WriteTo(writer);
}
