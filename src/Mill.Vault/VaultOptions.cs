namespace Mill.Vault;

/// <summary>Where the vault finds its master key.</summary>
/// <param name="MasterKey">The key itself, in base64; wins over the file.</param>
/// <param name="MasterKeyFile">A file that only its owner can read.</param>
public sealed record VaultOptions(string? MasterKey, string? MasterKeyFile)
{
    // A record prints its members; the key must never be one of them.
    public override string ToString() => MasterKeyFile ?? "(key given)";
}
