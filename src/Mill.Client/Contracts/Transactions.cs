using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Client.Contracts;

public sealed record TransactionRequest : IDisposable
{
    public required IReadOnlyList<TransactionRequestOperation> Operations { get; init; }

    public void Dispose()
    {
        foreach (var operation in Operations) operation?.Dispose();
    }
}

/// <summary>One <c>set</c> or <c>delete</c>.</summary>
public sealed record TransactionRequestOperation : IDisposable
{
    public required string Op { get; init; }

    public required string Name { get; init; }

    [JsonConverter(typeof(SecretTextConverter))]
    public SecretValue? Value { get; init; }

    [JsonConverter(typeof(SecretBase64Converter))]
    public SecretValue? ValueBase64 { get; init; }

    public int? IfVersion { get; init; }

    public bool? IfAbsent { get; init; }

    public void Dispose()
    {
        Value?.Dispose();
        ValueBase64?.Dispose();
    }
}

public sealed record TransactionResponse(IReadOnlyList<TransactionResult> Results, DateTimeOffset ValidFrom);

/// <param name="Version">The version made, found unchanged, or deleted.</param>
public sealed record TransactionResult(string Op, string Name, int Version, bool Changed);
