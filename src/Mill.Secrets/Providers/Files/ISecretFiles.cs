namespace Mill.Secrets.Providers.Files;

/// <summary>Where a <see cref="FileProvider"/> has its secrets: in one file, or in one file each.</summary>
internal interface ISecretFiles
{
    FileOrigin Origin { get; }

    /// <summary>The directory in which something happens when the secrets change.</summary>
    string Directory { get; }

    /// <summary>Whoever writes holds this file locked, over whichever links they come. Throws <see cref="IOException"/> where links run in circles.</summary>
    string FindLock();

    /// <summary>True where something of this name in <see cref="Directory"/> has to do with the secrets.</summary>
    bool Concerns(string name);

    /// <summary>What can be seen without reading. As long as it is the same, the secrets most likely are.</summary>
    string Look();

    /// <summary>Throws <see cref="SecretProviderException"/>.</summary>
    ValueTask<ReadSecrets> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Adds or replaces one secret, all or nothing. Call it under the lock. Throws <see cref="SecretProviderException"/>.</summary>
    ValueTask WriteAsync(string key, SecretValue value, CancellationToken cancellationToken);
}
