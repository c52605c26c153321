namespace Mill.ClusterTests.Processes;

/// <summary>A place of its own for one server and its command lines: data, configuration, home and temporary files. Gone after the test, unless it failed.</summary>
internal sealed class Sandbox : IDisposable
{
    private bool _keep;

    public Sandbox() => Directory.CreateDirectory(Temporary);

    public string Root { get; } = Directory.CreateTempSubdirectory("mill-cluster-").FullName;

    public string Data => Path.Combine(Root, "data");

    public string Config => Path.Combine(Root, "config");

    public string KeyFile => Path.Combine(Config, "mill", "master.key");

    public string TokenFile => Path.Combine(Data, "dev.token");

    public string? Token => File.Exists(TokenFile) ? File.ReadAllText(TokenFile).Trim() : null;

    private string Temporary => Path.Combine(Root, "tmp");

    public string DataFile(string name) => Path.Combine(Data, name);

    /// <summary>What a process in here must see instead of this user's own places.</summary>
    public IReadOnlyDictionary<string, string> Environment() => new Dictionary<string, string>
    {
        ["HOME"] = Root,
        ["XDG_CONFIG_HOME"] = Config,
        ["XDG_DATA_HOME"] = Path.Combine(Root, "share"),
        ["TMPDIR"] = Temporary, // a killed .NET process leaves its diagnostic socket there
    };

    /// <summary>A copy of data and configuration, as they are on the disk now.</summary>
    public Sandbox Copy()
    {
        var copy = new Sandbox();
        foreach (var directory in new[] { "data", "config" }) CopyTree(Path.Combine(Root, directory), Path.Combine(copy.Root, directory));
        return copy;
    }

    /// <summary>Leaves everything where it is, for examination.</summary>
    public void Keep() => _keep = true;

    public void Dispose()
    {
        if (!_keep) Directory.Delete(Root, recursive: true);
    }

    private static void CopyTree(string from, string to)
    {
        Directory.CreateDirectory(to, File.GetUnixFileMode(from));
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var directory in Directory.EnumerateDirectories(from)) CopyTree(directory, Path.Combine(to, Path.GetFileName(directory)));
    }
}
