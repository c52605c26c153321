namespace Mill.Core.Sync;

/// <summary>What one place on GitHub is to have.</summary>
/// <param name="Secrets">By the name that they have on GitHub, in upper case: their names in the vault.</param>
/// <param name="Prefix">All secrets of the vault whose names begin with it, too, under the rest of their names (<c>db/password</c> as <c>DB_PASSWORD</c>); null for none.</param>
public sealed record SyncTarget(SecretScope Scope, IReadOnlyDictionary<string, string> Secrets, string? Prefix);
