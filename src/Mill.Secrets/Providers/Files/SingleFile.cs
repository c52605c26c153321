namespace Mill.Secrets.Providers.Files;

/// <summary>All secrets in one file.</summary>
internal sealed class SingleFile(FileOrigin origin, IFileFormat format) : ISecretFiles
{
    private readonly string _name = Path.GetFileName(origin.Path);
    private volatile bool _hadContent;

    public FileOrigin Origin => origin;

    public string Directory { get; } = Path.GetDirectoryName(origin.Path) ?? origin.Path;

    public string FindLock()
    {
        var real = FileLook.RealPath(origin.Path);
        return Path.Combine(Path.GetDirectoryName(real)!, $".{Path.GetFileName(real)}.lock");
    }

    // Kubernetes exchanges the link "..data" beside it.
    public bool Concerns(string name) => name == _name || name.StartsWith("..", StringComparison.Ordinal);

    public string Look() => FileLook.At(origin.Path);

    public async ValueTask<ReadSecrets> ReadAsync(CancellationToken cancellationToken)
    {
        using var content = await origin.ReadAsync(cancellationToken).ConfigureAwait(false);
        // Whoever writes a file in place empties it first.
        if (content.WrittenCount == 0 && _hadContent) throw origin.Broken("it is empty, as a file is that is about to be written", "Leave a comment in it if it is meant to hold no secrets.");
        var read = format.Read(content.WrittenMemory, origin);
        _hadContent = content.WrittenCount > 0;
        return read;
    }

    public async ValueTask WriteAsync(string key, SecretValue value, CancellationToken cancellationToken)
    {
        // Another process may have written since the last load.
        using var before = await origin.ReadAsync(cancellationToken).ConfigureAwait(false);
        using var after = new PinnedWriter(before.WrittenCount + value.Length + 64);
        format.Write(before.WrittenMemory, key, value, after, origin);
        if (!ReadsBack(before.WrittenMemory, key, value, after.WrittenMemory)) throw origin.CannotCarry(key, "the file would not read back as it was written");
        await AtomicFile.WriteAsync(origin, after.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The lines around a secret may make something else of it, and it of them.</summary>
    private bool ReadsBack(ReadOnlyMemory<byte> before, string key, SecretValue value, ReadOnlyMemory<byte> after)
    {
        using var expected = format.Read(before, origin);
        using var actual = format.Read(after, origin);
        expected.Put(key, value.Reveal(SecretValue.FromBytes));
        return actual.Keys.Count == expected.Keys.Count && expected.Keys.All(name => actual.Holds(name, expected[name]));
    }
}
