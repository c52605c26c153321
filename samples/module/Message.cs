using System.Text.Json.Serialization;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Samples.Module;

/// <summary>
/// A line between a module and its supervisor, as JSON: a question <c>{"id":1,"get":"A"}</c>, its answer <c>{"id":1,"name":"A","value":"…"}</c>, a rotation <c>{"rotation":1,"names":["A"]}</c>, and the word
/// that nobody uses the old values any more: <c>{"ack":1}</c>.
/// </summary>
internal sealed record Message
{
    /// <summary>Of a question, and of its answer. Answers come in any order.</summary>
    public long? Id { get; init; }

    /// <summary>Of a question: the secret.</summary>
    public string? Get { get; init; }

    /// <summary>Of an answer: the secret that it is about.</summary>
    public string? Name { get; init; }

    [JsonConverter(typeof(SecretTextConverter))]
    public SecretValue? Value { get; init; }

    /// <summary>Of an answer without a value: <c>not_found</c>, or why not. Of an acknowledgement: that something went wrong on the way.</summary>
    public string? Error { get; init; }

    /// <summary>Its number.</summary>
    public long? Rotation { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>The number of the rotation.</summary>
    public long? Ack { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Message))]
internal sealed partial class MessageJson : JsonSerializerContext;
