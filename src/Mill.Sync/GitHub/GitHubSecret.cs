namespace Mill.Sync.GitHub;

/// <summary>What GitHub says of a secret: all but its value, which it never tells.</summary>
/// <param name="Name">In upper case.</param>
/// <param name="UpdatedAt">Moves with every write, of an equal value too.</param>
public sealed record GitHubSecret(string Name, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
