namespace Mill.Vault.KeyRing;

/// <summary>Where the master key comes from: a text that was configured, or a file that may appear later.</summary>
internal sealed record MasterKeySource(string? Text, string? Path)
{
    /// <summary>Reads the key anew; null where the file is not there. Throws as <see cref="MasterKeyFile.Read"/>.</summary>
    public MasterKey? Read() => Text is not null ? MasterKeyText.Parse(Text, "MILL_MASTER_KEY") : Path is not null ? MasterKeyFile.Read(Path) : null;

    public override string ToString() => Text is not null ? "MILL_MASTER_KEY" : Path ?? "nowhere";
}
