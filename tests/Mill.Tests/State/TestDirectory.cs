namespace Mill.Tests.State;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mill-state-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A copy of a store's files, as a crash at this moment would leave them. The index and the lock do not survive one.</summary>
    public TestDirectory Copy()
    {
        var copy = new TestDirectory();
        foreach (var name in new[] { "mill.db", "mill.db-wal", "anchor" }.Where(name => System.IO.File.Exists(File(name))))
            System.IO.File.WriteAllBytes(copy.File(name), ReadShared(File(name)));
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
