namespace Mill.Client.Watching;

/// <summary>What happened to a secret.</summary>
public enum SecretEventKind
{
    /// <summary>Events were missed for good: read everything anew.</summary>
    Reset,
    Added,
    Rotated,
    Removed,
}

/// <param name="Name">Empty for a reset.</param>
/// <param name="Version">The version that the change made or ended; 0 for a reset.</param>
/// <param name="Id">Where to go on after this event.</param>
public sealed record SecretEvent(SecretEventKind Kind, string Name, int Version, string? Id);
