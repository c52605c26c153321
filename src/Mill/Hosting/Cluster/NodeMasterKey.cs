using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>Where a node has its master key: outside its data directory, which is what is copied, mounted and thrown away.</summary>
internal static partial class NodeMasterKey
{
    /// <summary>
    /// For a node that is to be. Throws <see cref="MillError.Usage"/> for a place in the data directory, and where a file is needed and nothing says where; <see cref="MillError.PreconditionFailed"/>
    /// where the key was left at the place of before.
    /// </summary>
    public static VaultOptions PlaceFor(NewNodeOptions options)
    {
        var vault = Place(options, options.Role.HoldsKey(), options.MasterKeyFile ?? Usual(options));
        if (vault is not { MasterKey: null, MasterKeyFile: { } file }) return vault;
        KeyPlace.RequireApart(file, options.DataDirectory);
        RequireNotLeft(new(options.DataDirectory), file);
        return vault;
    }

    /// <summary>For a node that is there; else as <see cref="PlaceFor"/>, but for a place in the data directory: it was taken once, and a node that stands still would be worse.</summary>
    public static VaultOptions PlaceOf(NodeDirectory directory, NodeFile file, NodeOptions options, ILogger logger)
    {
        var named = options.MasterKeyFile ?? file.MasterKeyFile ?? (File.Exists(directory.FormerMasterKey) ? directory.FormerMasterKey : null);
        var vault = Place(options, file.Role is not "api", named ?? Usual(options));
        if (vault.MasterKeyFile is not { } place) return vault;
        if (vault.MasterKey is null) RequireNotLeft(directory, place);
        else if (!File.Exists(place)) return vault;
        if (KeyPlace.IsInside(place, directory.Path)) LogInData(logger, place, Moving(place, PlaceToMoveTo(options, directory)));
        return vault;
    }

    /// <summary>What the node's file says of it: never a place that is only looked at because keys were there once.</summary>
    public static string? ToRemember(NodeDirectory directory, VaultOptions vault) => vault.MasterKeyFile == directory.FormerMasterKey ? null : vault.MasterKeyFile;

    private static string? Usual(NodeOptions options) => options.MasterKey is null ? options.UsualMasterKeyFile : null;

    private static VaultOptions Place(NodeOptions options, bool needsKey, string? file)
    {
        if (!needsKey) return new(null, null);
        if (file is not null || options.MasterKey is not null) return new(options.MasterKey, file);
        throw new MillException(MillError.Usage, "There is no place for the master key: neither HOME nor XDG_CONFIG_HOME says where this user's files are.")
        {
            Hint = "Name one outside the data directory: --master-key-file /etc/mill/master.key, or MILL_MASTER_KEY_FILE.",
        };
    }

    /// <summary>Without its key the node would be sealed, and nobody would think of the place of before.</summary>
    private static void RequireNotLeft(NodeDirectory directory, string file)
    {
        if (File.Exists(file) || !File.Exists(directory.FormerMasterKey)) return;
        throw new MillException(MillError.PreconditionFailed, $"There is no master key at {file}, but there is one at {directory.FormerMasterKey}, where it was kept once.")
        {
            Hint = $"Move it, and say the same again: {Moving(directory.FormerMasterKey, file)}",
        };
    }

    /// <summary>The usual place, unless another key is there already: what that opens would be lost with it.</summary>
    private static string PlaceToMoveTo(NodeOptions options, NodeDirectory directory) =>
        options.UsualMasterKeyFile is { } usual && !File.Exists(usual) && !KeyPlace.IsInside(usual, directory.Path) ? usual : "/etc/mill/master.key";

    private static string Moving(string from, string to)
    {
        var parent = Path.GetDirectoryName(to)!;
        return $"{(Directory.Exists(parent) ? "" : $"mkdir -p -m 700 {ShellWord.From(parent)} && ")}mv -n {ShellWord.From(from)} {ShellWord.From(to)}";
    }

    [LoggerMessage(3306, LogLevel.Warning, "The master key {File} is in the data directory, and so in every copy of it. Stop this node, move the key ({Command}), and start it with --master-key-file naming the new place")]
    private static partial void LogInData(ILogger logger, string file, string command);
}
