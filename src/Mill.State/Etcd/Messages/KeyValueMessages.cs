using System.Text.Json.Serialization;

namespace Mill.State.Etcd.Messages;

// The messages of etcd's api/etcdserverpb/rpc.proto, as its JSON gateway spells them: bytes in base64, 64-bit numbers as text, defaults left out.
// What is read has setters: generated code would give an init-only property the default of its type where the message leaves it out, not its own.

internal sealed record ReplyHeader
{
    public long Revision { get; set; }

    public ulong MemberId { get; set; }
}

internal sealed record KeyValue
{
    public byte[] Key { get; set; } = [];

    public byte[] Value { get; set; } = [];

    public long ModRevision { get; set; }

    public long Lease { get; set; }
}

internal sealed record RangeRequest
{
    public required byte[] Key { get; init; }

    /// <summary>Where the range ends, itself left out; without it, only <see cref="Key"/> is meant.</summary>
    public byte[]? RangeEnd { get; set; }

    public long Limit { get; set; }

    /// <summary>The revision to read at; zero for the latest, by the word of a quorum.</summary>
    public long Revision { get; set; }
}

internal sealed record RangeReply
{
    public ReplyHeader Header { get; set; } = new();

    public IReadOnlyList<KeyValue> Kvs { get; set; } = [];

    public bool More { get; set; }
}

internal sealed record Compare
{
    public required byte[] Key { get; init; }

    public string Target { get; set; } = "MOD";

    public string Result { get; set; } = "EQUAL";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required long ModRevision { get; init; }
}

internal sealed record PutRequest
{
    public required byte[] Key { get; init; }

    public required ReadOnlyMemory<byte> Value { get; init; }

    public long Lease { get; set; }
}

internal sealed record DeleteRequest
{
    public required byte[] Key { get; init; }
}

/// <summary>One operation: exactly one of the two is there.</summary>
internal sealed record RequestOperation
{
    public PutRequest? RequestPut { get; set; }

    public DeleteRequest? RequestDeleteRange { get; set; }
}

internal sealed record TransactionRequest
{
    public required IReadOnlyList<Compare> Compare { get; init; }

    public required IReadOnlyList<RequestOperation> Success { get; init; }
}

internal sealed record TransactionReply
{
    public ReplyHeader Header { get; set; } = new();

    public bool Succeeded { get; set; }
}

internal sealed record CompactionRequest
{
    public required long Revision { get; init; }
}

/// <summary>A reply of which nothing matters but that it came.</summary>
internal sealed record EmptyMessage;

/// <summary>A refusal in plain calls.</summary>
internal sealed record ErrorReply
{
    public string? Error { get; set; }

    public string? Message { get; set; }

    /// <summary>See https://grpc.github.io/grpc/core/md_doc_statuscodes.html.</summary>
    public int Code { get; set; }
}
