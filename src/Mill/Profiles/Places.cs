using Mill.Interaction;

namespace Mill.Profiles;

/// <summary>The directories of one user.</summary>
internal static class Places
{
    /// <summary>For what a person decides: profile and master key. Null where there is no home.</summary>
    public static string? Config(CliHost host) =>
        host.Variable("MILL_CONFIG_DIR") ?? Under(host, "XDG_CONFIG_HOME", ".config", "mill");

    /// <summary>For the master key of whatever runs here, unless it is named. Null where there is no home.</summary>
    public static string? MasterKey(CliHost host) => Config(host) is { } directory ? Path.GetFullPath(Path.Combine(directory, "master.key")) : null;

    /// <summary>For the state of <c>mill dev</c>, which never lies beside its key. Null where there is no home.</summary>
    public static string? DevData(CliHost host) =>
        host.Variable("MILL_DATA_DIR") ?? Under(host, "XDG_DATA_HOME", Path.Combine(".local", "share"), Path.Combine("mill", "dev"));

    /// <summary>For a node of a cluster: where the system keeps such things for root, and in the home of anybody else.</summary>
    public static string? NodeData(CliHost host) => host.Variable("MILL_DATA_DIR")
        ?? (Environment.IsPrivilegedProcess ? "/var/lib/mill" : Under(host, "XDG_DATA_HOME", Path.Combine(".local", "share"), Path.Combine("mill", "node")));

    /// <summary>For what was only noted, and may be lost. Null where there is no home.</summary>
    public static string? State(CliHost host) => Under(host, "XDG_STATE_HOME", Path.Combine(".local", "state"), "mill");

    private static string? Under(CliHost host, string variable, string inHome, string name)
    {
        var parent = host.Variable(variable) ?? (host.Variable("HOME") is { } home ? Path.Combine(home, inHome) : null);
        return parent is null ? null : Path.Combine(parent, name);
    }
}
