namespace Mill.Server;

/// <summary>What this server says of itself in its status.</summary>
public sealed record ServerIdentity(string Version, string Node, string Role, string Engine, string Address, DateTimeOffset StartedAt);
