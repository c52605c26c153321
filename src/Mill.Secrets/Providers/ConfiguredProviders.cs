namespace Mill.Secrets.Providers;

/// <summary>The providers of this assembly, made from settings.</summary>
internal static class ConfiguredProviders
{
    private const string Name = "file";

    public static ISecretProvider Environment(Func<string, string?> settings) =>
        new EnvironmentProvider(new() { ListedPrefix = Text(settings, SecretProviders.EnvironmentPrefixSetting) });

    public static async ValueTask<ISecretProvider> FileAsync(Func<string, string?> settings, CancellationToken cancellationToken)
    {
        var path = Text(settings, SecretProviders.FilePathSetting)
            ?? throw new SecretConfigurationException(Name, $"The provider \"{Name}\" needs {SecretProviders.FilePathSetting}.") { Hint = "Set it to the file or directory with the secrets." };
        return await FileProvider.OpenAsync(new() { Path = path, Format = Format(settings), AllowOthersToRead = AllowsOthers(settings) }, cancellationToken).ConfigureAwait(false);
    }

    private static SecretFileFormat Format(Func<string, string?> settings) => Text(settings, SecretProviders.FileFormatSetting)?.ToLowerInvariant() switch
    {
        null => SecretFileFormat.ByPath,
        "dotenv" or "env" => SecretFileFormat.Dotenv,
        "json" => SecretFileFormat.Json,
        "directory" => SecretFileFormat.KeyPerFile,
        var other => throw new SecretConfigurationException(Name, $"{SecretProviders.FileFormatSetting} is \"{other}\", which is no format of a file of secrets.")
        {
            Hint = "The formats are dotenv, json, and directory (one file per secret).",
        },
    };

    private static bool AllowsOthers(Func<string, string?> settings) => Text(settings, SecretProviders.FileAllowOthersSetting)?.ToLowerInvariant() switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw new SecretConfigurationException(Name, $"{SecretProviders.FileAllowOthersSetting} is \"{other}\", which is neither true nor false."),
    };

    private static string? Text(Func<string, string?> settings, string name) => settings(name)?.Trim() is { Length: > 0 } text ? text : null;
}
