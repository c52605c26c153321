using Mill.Core.Model;

namespace Mill.Core.Backups;

/// <summary>The first line of a backup: what it is of. Nothing in it is secret.</summary>
public sealed record BackupHeader
{
    /// <summary>The format this version of Mill writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format, under a name by which the file can be told from any other.</summary>
    public required int MillBackup { get; init; }

    /// <summary>Whose records these are: they open in no other cluster.</summary>
    public required string ClusterId { get; init; }

    /// <summary>The master key that the records are sealed with, and that is not in the backup.</summary>
    public required string KeyId { get; init; }

    /// <summary>The one revision of the store that everything in the backup is of.</summary>
    public required long Revision { get; init; }

    /// <summary>Time of the latest commit in it.</summary>
    public required Timestamp CommitTime { get; init; }

    /// <summary>When the backup was made, by the clock of its maker.</summary>
    public required Timestamp MadeAt { get; init; }

    /// <summary>The version of Mill that made it.</summary>
    public required string MadeBy { get; init; }
}

/// <summary>Who makes a backup, and when.</summary>
/// <param name="MadeBy">The version of Mill.</param>
public readonly record struct BackupOrigin(string MadeBy, Timestamp MadeAt);
