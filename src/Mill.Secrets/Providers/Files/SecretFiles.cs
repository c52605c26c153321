namespace Mill.Secrets.Providers.Files;

/// <summary>Makes and reads <see cref="ISecretFiles"/>.</summary>
internal static class SecretFiles
{
    private const int Attempts = 5;

    public static ISecretFiles Of(FileProviderOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Path)) throw new SecretConfigurationException(options.Name, "The path of the file with the secrets is empty.");
        var origin = new FileOrigin(options.Name, Path.GetFullPath(options.Path), options.AllowOthersToRead);
        return options.Format switch
        {
            SecretFileFormat.KeyPerFile => new KeyFiles(origin, options),
            SecretFileFormat.Json => new SingleFile(origin, new JsonFormat()),
            SecretFileFormat.Dotenv => new SingleFile(origin, new DotEnvFileFormat()),
            _ when Directory.Exists(origin.Path) => new KeyFiles(origin, options),
            _ when origin.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) => new SingleFile(origin, new JsonFormat()),
            _ => new SingleFile(origin, new DotEnvFileFormat()),
        };
    }

    /// <summary>
    /// Reads secrets that did not move meanwhile: the files behind an exchanged link may else be some old, some new. Throws <see cref="SecretProviderException"/>.
    /// </summary>
    public static async ValueTask<(ReadSecrets Read, string Look)> ReadStillAsync(ISecretFiles files, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var look = files.Look();
            try
            {
                var read = await files.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (files.Look() == look) return (read, look);
                read.Dispose();
            }
            catch (SecretProviderException) when (attempt < Attempts && files.Look() != look)
            {
                // It was exchanged under the reader's hands; what it says of what is gone does not count.
            }
            if (attempt == Attempts) throw new SecretUnavailableException(files.Origin.Provider, $"{files.Origin.Path} keeps changing while it is read.");
        }
    }
}
