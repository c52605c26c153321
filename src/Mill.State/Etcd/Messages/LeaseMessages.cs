using System.Text.Json.Serialization;

namespace Mill.State.Etcd.Messages;

internal sealed record LeaseGrantRequest
{
    /// <summary>In seconds.</summary>
    [JsonPropertyName("TTL")]
    public required long TimeToLive { get; init; }
}

/// <summary>Names a lease: to keep it alive, or to end it.</summary>
internal sealed record LeaseRequest
{
    [JsonPropertyName("ID")]
    public required long Id { get; init; }
}

internal sealed record LeaseReply
{
    [JsonPropertyName("ID")]
    public long Id { get; set; }

    /// <summary>In seconds; zero where the lease is gone.</summary>
    [JsonPropertyName("TTL")]
    public long TimeToLive { get; set; }
}
