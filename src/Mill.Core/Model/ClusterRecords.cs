namespace Mill.Core.Model;

/// <summary>What this cluster is: written once, with the first commit.</summary>
public sealed record ClusterRecord : StateRecord
{
    /// <summary>Random; authenticated with every value, so that a record of another cluster does not open here.</summary>
    public required string Id { get; init; }

    /// <summary>The master key that the records are sealed with.</summary>
    public required string KeyId { get; init; }

    public required Timestamp CreatedAt { get; init; }
}

/// <summary>Written with every batch: the place where a commit whose reply was lost is looked up, and the floor of the next commit time.</summary>
public sealed record HeadRecord : StateRecord
{
    public required string Batch { get; init; }

    public required Timestamp CommitTime { get; init; }
}

/// <summary>
/// Marks a store into which a backup is being restored. Written first and with every step, deleted with the last: a store that holds it is never opened as a whole
/// one.
/// </summary>
public sealed record RestoreRecord : StateRecord
{
    /// <summary>Random; tells whose restore it is.</summary>
    public required string Attempt { get; init; }

    /// <summary>The cluster that the backup is of.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The revision that the backup is of.</summary>
    public required long Revision { get; init; }

    /// <summary>How many entries of the backup are there.</summary>
    public required long Written { get; init; }
}

/// <summary>How many versions, and how old ones, a tenant keeps of each secret. Current versions always stay.</summary>
public sealed record RetentionRecord : StateRecord
{
    public required TenantId Tenant { get; init; }

    public int? MaxVersions { get; init; }

    /// <summary>In seconds since the end of a version's validity.</summary>
    public long? MaxAgeSeconds { get; init; }
}

/// <summary>Stands for the versions of a secret that retention removed, so that numbers are never reused and the chain keeps its anchor.</summary>
public sealed record PrunedRecord : StateRecord
{
    public required TenantId Tenant { get; init; }

    public required SecretName Name { get; init; }

    /// <summary>The last version removed.</summary>
    public required int Through { get; init; }

    /// <summary>Its <see cref="RecordDigest"/>.</summary>
    public required byte[] Digest { get; init; }
}

/// <summary>A write that was applied under an <c>Idempotency-Key</c>, and what was answered.</summary>
public sealed record IdempotencyRecord : StateRecord
{
    /// <summary>In place of an answer: only a part of the request is done, and the same request, sent again, goes on with the rest.</summary>
    public const string Unfinished = "";

    /// <summary>A keyed digest of the request: tells the same from another, and nothing else.</summary>
    public required byte[] Fingerprint { get; init; }

    /// <summary>The answer, as its command wrote it; sealed by the command where it holds a secret.</summary>
    public required string Answer { get; init; }

    public required Timestamp AppliedAt { get; init; }
}
