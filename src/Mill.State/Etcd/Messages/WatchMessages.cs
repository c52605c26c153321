using System.Text.Json.Serialization;

namespace Mill.State.Etcd.Messages;

internal sealed record WatchRequest
{
    public required WatchCreateRequest CreateRequest { get; init; }
}

internal sealed record WatchCreateRequest
{
    public required byte[] Key { get; init; }

    public required byte[] RangeEnd { get; init; }

    /// <summary>The first revision to tell about.</summary>
    public required long StartRevision { get; init; }

    /// <summary>Ask for an empty reply now and then, which says up to where all was told.</summary>
    public bool ProgressNotify { get; set; }

    /// <summary>Large replies may come in parts.</summary>
    public bool Fragment { get; set; }
}

internal sealed record WatchReply
{
    public ReplyHeader Header { get; set; } = new();

    public bool Created { get; set; }

    public bool Canceled { get; set; }

    public string? CancelReason { get; set; }

    /// <summary>Where what was asked for is forgotten: up to which revision.</summary>
    public long CompactRevision { get; set; }

    /// <summary>More of the same reply follows.</summary>
    public bool Fragment { get; set; }

    public IReadOnlyList<WatchedEvent> Events { get; set; } = [];
}

internal sealed record WatchedEvent
{
    /// <summary>Null for a put, which is the default.</summary>
    public string? Type { get; set; }

    public KeyValue Kv { get; set; } = new();

    [JsonIgnore]
    public bool IsDeletion => Type is "DELETE";
}

/// <summary>What a stream brings: a result, or the error it ends with.</summary>
internal sealed record StreamReply<T>
{
    public T? Result { get; set; }

    public StreamError? Error { get; set; }
}

internal sealed record StreamError
{
    public int GrpcCode { get; set; }

    public string? Message { get; set; }
}
