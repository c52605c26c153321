using System.Text.Json;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>What a later version of Mill wrote: told from what is damaged, because the remedy is another one.</summary>
public static class RecordFormat
{
    /// <summary>The failure that stands for it, wherever it is met.</summary>
    public static MillException Later(string message, Exception? cause = null) =>
        new(MillError.LaterFormat, message, cause) { Hint = "Upgrade: start the version of Mill that wrote it, or a later one." };

    /// <summary>The format that a record says it has, whatever its other members are; null where it says none.</summary>
    internal static long? Find(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isFormat = reader.ValueTextEquals("format"u8);
                reader.Read();
                if (isFormat) return reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out var format) ? format : null;
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It says nothing that could be relied on.
        }
        return null;
    }
}
