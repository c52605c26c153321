namespace Mill.Core.Sync;

public enum SecretState
{
    Present,

    /// <summary>All that counts was read, and it is in none of it.</summary>
    Missing,

    /// <summary>It was not found, and not everything that counts could be read.</summary>
    Unknown,
}

/// <summary>Whether a workflow gets a secret.</summary>
/// <param name="Where">What has it; null unless it is present.</param>
/// <param name="UpdatedAt">When it was written there last.</param>
/// <param name="Reasons">Sentences: why it is unknown, or what else is to be said of it.</param>
public sealed record SecretStanding(SecretState State, SecretScope? Where, DateTimeOffset? UpdatedAt, IReadOnlyList<string> Reasons);
