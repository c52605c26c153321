using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>Where the master key comes from: a text that was configured, or a file that may appear later.</summary>
internal sealed record MasterKeySource(string? Text, string? Path)
{
    /// <summary>Reads the key anew; null where the file is not there. Throws as <see cref="MasterKeyFile.Read"/>.</summary>
    public MasterKey? Read()
    {
        using var bytes = Reveal();
        return bytes?.Reveal(MasterKey.From);
    }

    /// <summary>The bytes of the key, for the one call that hands it over; else as <see cref="Read"/>.</summary>
    public SecretValue? Reveal() => Text is not null ? MasterKeyText.Reveal(Text, "MILL_MASTER_KEY") : Path is not null ? MasterKeyFile.Reveal(Path) : null;

    public override string ToString() => Text is not null ? "MILL_MASTER_KEY" : Path ?? "nowhere";
}
