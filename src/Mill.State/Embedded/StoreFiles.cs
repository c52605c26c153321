namespace Mill.State.Embedded;

/// <summary>Where the embedded engine keeps what.</summary>
internal sealed record StoreFiles(string Directory)
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Database => Path.Combine(Directory, "mill.db");

    public string Log => Path.Combine(Directory, "mill.db-wal");

    public string Anchor => Path.Combine(Directory, "anchor");

    public string Lock => Path.Combine(Directory, "lock");

    /// <summary>An empty file that only its owner may read, whatever the umask. SQLite gives its log and index the mode of the database.</summary>
    public static void CreatePrivate(string path)
    {
        using (File.Create(path))
        {
        }

        Libc.SetMode(path, Private);
    }

    public static void CreatePrivateDirectory(string path)
    {
        if (System.IO.Directory.Exists(path))
            return;
        System.IO.Directory.CreateDirectory(path);
        Libc.SetMode(path, Private | UnixFileMode.UserExecute);
    }
}
