using System.Buffers;
using System.Text;
using System.Text.Json;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Vault.Env;

/// <summary>All variables of a file as one JSON object. Of several with one name the last counts, at the place of the first, as in JavaScript.</summary>
internal static class EnvJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static void Write(DotEnvDocument document, Action<DotEnvAssignment, IBufferWriter<byte>> writeValue, IBufferWriter<byte> output)
    {
        var last = new OrderedDictionary<string, DotEnvAssignment>();
        foreach (var assignment in document.Assignments) last[Encoding.UTF8.GetString(document[assignment.Key])] = assignment;
        using var writer = new Utf8JsonWriter(output, Indented);
        writer.WriteStartObject();
        foreach (var (key, assignment) in last)
        {
            using var value = new PinnedWriter();
            writeValue(assignment, value);
            writer.WritePropertyName(key);
            SecretJson.WriteValue(writer, value.WrittenSpan);
        }
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n"u8);
    }
}
