using System.Text.Json.Serialization;
using Mill.Secrets;

namespace Mill.Client.Contracts;

/// <summary>Body of <c>PUT /v1/secrets/{name}</c>: exactly one of the two.</summary>
public sealed record SetSecretRequest : IDisposable
{
    [JsonConverter(typeof(SecretTextConverter))]
    public SecretValue? Value { get; init; }

    [JsonConverter(typeof(SecretBase64Converter))]
    public SecretValue? ValueBase64 { get; init; }

    public void Dispose()
    {
        Value?.Dispose();
        ValueBase64?.Dispose();
    }
}

public sealed record SetSecretResponse(string Name, int Version, DateTimeOffset ValidFrom, bool Changed);

/// <summary>Answer to <c>GET /v1/secrets/{name}</c>: one of the two values, as it was set.</summary>
public sealed record SecretResponse : IDisposable
{
    public required string Name { get; init; }

    public required int Version { get; init; }

    [JsonConverter(typeof(SecretTextConverter))]
    public SecretValue? Value { get; init; }

    [JsonConverter(typeof(SecretBase64Converter))]
    public SecretValue? ValueBase64 { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? ValidTo { get; init; }

    public required string State { get; init; }

    public void Dispose()
    {
        Value?.Dispose();
        ValueBase64?.Dispose();
    }
}

public sealed record SecretListResponse(IReadOnlyList<SecretListItem> Secrets)
{
    /// <summary>The <c>after</c> of the next page; null at the end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Next { get; init; }
}

public sealed record SecretListItem(string Name, int Version, DateTimeOffset ValidFrom);

public sealed record HistoryResponse(string Name, IReadOnlyList<HistoryItem> Versions)
{
    /// <summary>The <c>before</c> of the next page; null at the end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Next { get; init; }
}

public sealed record HistoryItem(int Version, string State, DateTimeOffset ValidFrom, string CreatedBy, string KeyId)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? ValidTo { get; init; }
}

/// <summary>Body of <c>POST /v1/secrets/{name}/destroy</c>: exactly one of the two.</summary>
public sealed record DestroyRequest
{
    public IReadOnlyList<int>? Versions { get; init; }

    public bool? All { get; init; }
}

/// <summary>Data of an <c>added</c>, <c>rotated</c> or <c>removed</c> event; empty for a <c>reset</c>.</summary>
public sealed record SecretEventData(string Name, int Version);
