namespace Mill.Core.Sync;

/// <summary>What a target tells of a secret that it has.</summary>
/// <param name="Name">In upper case.</param>
/// <param name="UpdatedAt">Moves with every write. GitHub counts in seconds.</param>
public sealed record RemoteSecret(string Name, DateTimeOffset UpdatedAt);
