using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mill.Secrets;

/// <summary>
/// Refuses to write a <see cref="SecretValue"/> as JSON, and to read one: an object that holds it by chance must not carry it into a log or a file. A converter at a property goes before this one.
/// </summary>
public sealed class SecretValueRefusal : JsonConverter<SecretValue>
{
    /// <summary>Throws <see cref="NotSupportedException"/>.</summary>
    public override SecretValue? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refusal();

    /// <summary>Throws <see cref="NotSupportedException"/>.</summary>
    public override void Write(Utf8JsonWriter writer, SecretValue value, JsonSerializerOptions options) => throw Refusal();

    private static NotSupportedException Refusal() => new("A SecretValue is not serialized. Where it must be, put a converter on the property that holds it.");
}
