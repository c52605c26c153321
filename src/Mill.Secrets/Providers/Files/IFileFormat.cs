namespace Mill.Secrets.Providers.Files;

/// <summary>How secrets stand in one file.</summary>
internal interface IFileFormat
{
    /// <summary>Throws <see cref="SecretConfigurationException"/> that says where the file is broken, and not what stands there.</summary>
    ReadSecrets Read(ReadOnlyMemory<byte> content, FileOrigin origin);

    /// <summary>Writes the file with one secret added or replaced. Throws <see cref="SecretUnsupportedException"/> where the format cannot carry it.</summary>
    void Write(ReadOnlyMemory<byte> content, string key, SecretValue value, PinnedWriter output, FileOrigin origin);
}
