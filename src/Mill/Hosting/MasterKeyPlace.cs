using Mill.Commands;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting;

/// <summary>Where the master key of a server is: what was said, what the environment says, or a file among the user's settings, never beside the data.</summary>
internal static class MasterKeyPlace
{
    private const string FileName = "master.key";

    /// <summary>Throws <see cref="MillError.Usage"/> where no place is left.</summary>
    public static VaultOptions Find(DevOptions options, CliHost host)
    {
        // What is written on the command line was meant for this very start, so it wins over both variables.
        if (options.MasterKeyFile is { } named) return new(null, Path.GetFullPath(named));
        if (host.Variable("MILL_MASTER_KEY") is { } key) return new(key, null);
        if (host.Variable("MILL_MASTER_KEY_FILE") is { } file) return new(null, Path.GetFullPath(file));
        var directory = host.Variable("MILL_CONFIG_DIR")
            ?? Under(host.Variable("XDG_CONFIG_HOME"), "mill")
            ?? Under(host.Variable("HOME"), ".config", "mill")
            ?? throw new MillException(MillError.Usage, "There is no home directory to keep the master key in.") { Hint = "Say where it is: --master-key-file FILE" };
        return new(null, Path.GetFullPath(Path.Combine(directory, FileName)));
    }

    private static string? Under(string? directory, params string[] parts) => directory is null ? null : Path.Combine([directory, .. parts]);
}
