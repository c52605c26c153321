using System.Buffers;
using System.Text.Json;

namespace Mill.Core.Model;

/// <summary>
/// Writes the JSON of a <see cref="SecretVersion"/>, by hand: every set writes two of them while all other writers wait. Tests hold it together with the
/// serializer, to the byte.
/// </summary>
internal static class SecretVersionWriter
{
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json)? _own;

    public static byte[] Write(SecretVersion record)
    {
        var (buffer, json) = _own ??= Make();
        try
        {
            WriteMembers(json, record);
            json.Flush();
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            buffer.ResetWrittenCount();
            json.Reset();
        }
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json) Make()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        return (buffer, new(buffer, new() { SkipValidation = true }));
    }

    private static void WriteMembers(Utf8JsonWriter json, SecretVersion record)
    {
        json.WriteStartObject();
        json.WriteString("tenant"u8, record.Tenant.Value);
        json.WriteString("name"u8, record.Name.Value);
        json.WriteNumber("version"u8, record.Version);
        json.WriteNumber("valid_from"u8, record.ValidFrom.Microseconds);
        if (record.ValidTo is { } end) json.WriteNumber("valid_to"u8, end.Microseconds);
        else json.WriteNull("valid_to"u8);
        json.WriteString("state"u8, RecordTexts.Of(record.State));
        json.WriteString("created_by"u8, record.CreatedBy);
        json.WriteString("request_id"u8, record.RequestId);
        json.WriteString("kind"u8, RecordTexts.Of(record.Kind));
        json.WriteString("key_id"u8, record.KeyId);
        json.WriteBase64String("wrap_salt"u8, record.WrapSalt.Span);
        if (record.WrappedKey is { } wrapped) json.WriteBase64String("wrapped_key"u8, wrapped);
        else json.WriteNull("wrapped_key"u8);
        json.WriteBase64String("key_commitment"u8, record.KeyCommitment.Span);
        json.WriteBase64String("nonce"u8, record.Nonce.Span);
        json.WriteBase64String("ciphertext"u8, record.Ciphertext.Span);
        json.WriteBase64String("prev"u8, record.Prev.Span);
        json.WriteNumber("format"u8, record.Format);
        json.WriteEndObject();
    }
}
