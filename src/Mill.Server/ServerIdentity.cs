namespace Mill.Server;

/// <summary>What this server says of itself in its status.</summary>
/// <param name="Address">Asked for when it is needed: a port that the system chooses is only known once the server listens.</param>
public sealed record ServerIdentity(string Version, string Node, string Role, string Engine, Func<string> Address, DateTimeOffset StartedAt);
