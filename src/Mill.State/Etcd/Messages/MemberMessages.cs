using System.Text.Json.Serialization;

namespace Mill.State.Etcd.Messages;

internal sealed record MemberMessage
{
    [JsonPropertyName("ID")]
    public ulong Id { get; set; }

    /// <summary>Empty until the member has started once.</summary>
    public string Name { get; set; } = "";

    [JsonPropertyName("peerURLs")]
    public IReadOnlyList<string> PeerUrls { get; set; } = [];

    [JsonPropertyName("clientURLs")]
    public IReadOnlyList<string> ClientUrls { get; set; } = [];

    [JsonPropertyName("isLearner")]
    public bool IsLearner { get; set; }
}

internal sealed record MembersReply
{
    public IReadOnlyList<MemberMessage> Members { get; set; } = [];
}

internal sealed record MemberAddRequest
{
    [JsonPropertyName("peerURLs")]
    public required IReadOnlyList<string> PeerUrls { get; init; }

    [JsonPropertyName("isLearner")]
    public required bool IsLearner { get; init; }
}

internal sealed record MemberAddReply
{
    public required MemberMessage Member { get; init; }

    public IReadOnlyList<MemberMessage> Members { get; set; } = [];
}

/// <summary>Names a member: to remove or to promote it.</summary>
internal sealed record MemberRequest
{
    [JsonPropertyName("ID")]
    public required ulong Id { get; init; }
}

internal sealed record MoveLeaderRequest
{
    [JsonPropertyName("targetID")]
    public required ulong TargetId { get; init; }
}

internal sealed record StatusReply
{
    public ReplyHeader Header { get; set; } = new();

    public string Version { get; set; } = "";

    [JsonPropertyName("dbSize")]
    public long DatabaseBytes { get; set; }

    [JsonPropertyName("dbSizeInUse")]
    public long DatabaseBytesInUse { get; set; }

    /// <summary>The member that leads; zero where none does.</summary>
    public ulong Leader { get; set; }

    [JsonPropertyName("raftIndex")]
    public ulong RaftIndex { get; set; }

    [JsonPropertyName("raftAppliedIndex")]
    public ulong RaftAppliedIndex { get; set; }

    [JsonPropertyName("isLearner")]
    public bool IsLearner { get; set; }

    public IReadOnlyList<string> Errors { get; set; } = [];
}

internal sealed record AlarmRequest
{
    public required string Action { get; init; }

    [JsonPropertyName("memberID")]
    public ulong MemberId { get; set; }

    public string? Alarm { get; set; }
}

internal sealed record AlarmReply
{
    public IReadOnlyList<AlarmMessage> Alarms { get; set; } = [];
}

internal sealed record AlarmMessage
{
    [JsonPropertyName("memberID")]
    public ulong MemberId { get; set; }

    /// <summary>NOSPACE or CORRUPT.</summary>
    public string Alarm { get; set; } = "";
}
