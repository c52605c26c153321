using System.Text.Json;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>
/// Reads the one answer that scripts wait for, by hand: the serializer's metadata cost a fresh process more time than the request does.
/// Understands what <see cref="ApiJson.Lenient"/> does; a test compares the two.
/// </summary>
internal static class SecretAnswer
{
    /// <summary>Throws <see cref="MillError.Internal"/> for an answer that is none of this API's.</summary>
    public static SecretResponse Read(ReadOnlySpan<byte> body)
    {
        SecretValue? text = null, binary = null;
        try
        {
            string? name = null, state = null;
            int? version = null;
            DateTimeOffset? validFrom = null, validTo = null;
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType is not JsonTokenType.StartObject) throw Body.NotUnderstood();
            while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
            {
                if (Next(ref json, "name"u8)) name = json.GetString();
                else if (Next(ref json, "version"u8)) version = json.GetInt32();
                else if (Next(ref json, "state"u8)) state = json.GetString();
                else if (Next(ref json, "valid_from"u8)) validFrom = json.GetDateTimeOffset();
                else if (Next(ref json, "valid_to"u8)) validTo = json.TokenType is JsonTokenType.Null ? null : json.GetDateTimeOffset();
                else if (Next(ref json, "value"u8)) text ??= Text(ref json);
                else if (Next(ref json, "value_base64"u8)) binary ??= SecretBase64Converter.Decode(ref json);
                else json.Skip();
            }
            // To the end: half an answer must not pass for a whole one.
            if (json.TokenType is not JsonTokenType.EndObject || json.Read()) throw Body.NotUnderstood();
            if (name is null || state is null || version is not { } number || validFrom is not { } from || (text is null) == (binary is null)) throw Body.NotUnderstood();
            return new() { Name = name, Version = number, Value = text, ValueBase64 = binary, ValidFrom = from.ToUniversalTime(), ValidTo = validTo?.ToUniversalTime(), State = state };
        }
        catch (Exception e)
        {
            text?.Dispose();
            binary?.Dispose();
            // The cause is dropped: its message may quote a piece of the value.
            if (e is JsonException or InvalidOperationException or FormatException) throw Body.NotUnderstood();
            throw;
        }
    }

    /// <summary>Moves on to the value, if this is the name of its member.</summary>
    private static bool Next(ref Utf8JsonReader json, ReadOnlySpan<byte> name) =>
        json.TokenType is JsonTokenType.PropertyName && json.ValueTextEquals(name) && json.Read();

    private static SecretValue? Text(ref Utf8JsonReader json)
    {
        if (json.TokenType is not JsonTokenType.String) throw new JsonException();
        using var unescaped = SecretTextConverter.Unescape(ref json);
        return SecretValue.FromBytes(unescaped.WrittenSpan);
    }
}
