namespace Mill.State.Embedded;

/// <summary>Where the embedded engine keeps what.</summary>
internal sealed record StoreFiles(string Directory)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public string Database => Path.Combine(Directory, "mill.db");

    public string Log => Path.Combine(Directory, "mill.db-wal");

    public string Anchor => Path.Combine(Directory, "anchor");

    public string Lock => Path.Combine(Directory, "lock");

    /// <summary>True if the directory was made by somebody who lets others look into it, or change it.</summary>
    public bool IsOpenToOthers => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(Directory) & Others) != 0;

    /// <summary>An empty file that was never anybody's but its owner's. SQLite gives its log and index the mode of the database.</summary>
    public static void CreatePrivate(string path)
    {
        File.Delete(path); // what a crash left
        Libc.CreateFile(path).Dispose();
    }

    /// <summary>Makes a directory that only its owner may look into, and those above it that are missing, all of them durable. One that exists stays as it is.</summary>
    public static void CreatePrivateDirectory(string path)
    {
        var missing = new Stack<string>();
        for (var next = path; next is not null && !System.IO.Directory.Exists(next); next = Path.GetDirectoryName(next))
            missing.Push(next);
        while (missing.TryPop(out var directory))
        {
            Libc.CreateDirectory(directory, isPrivate: missing.Count == 0);
            Libc.SyncDirectory(Path.GetDirectoryName(directory)!);
        }
    }
}
