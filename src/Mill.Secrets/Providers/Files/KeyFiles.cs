namespace Mill.Secrets.Providers.Files;

/// <summary>One file per secret in a directory; its name is the key, and its bytes are the value. Names that start with a dot do not count: Kubernetes keeps its own things there.</summary>
internal sealed class KeyFiles(FileOrigin origin, FileProviderOptions options) : ISecretFiles
{
    private const int LongestName = 255; // of a file, in bytes, on any file system in use

    /// <summary>How long an empty file may be about to be written. All of the directory stands still for that long.</summary>
    private static readonly TimeSpan LongestDoubt = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (string Look, long Since)> _doubted = new(StringComparer.Ordinal); // how files looked, and when, that were found empty first
    private HashSet<string> _full = new(StringComparer.Ordinal); // files that had something in them the last time

    public FileOrigin Origin => origin;

    public string Directory => origin.Path;

    public string FindLock() => Path.Combine(FileLook.RealPath(origin.Path), ".lock");

    public bool Concerns(string name) => !name.StartsWith('.') || name.StartsWith("..", StringComparison.Ordinal);

    public string Look()
    {
        try
        {
            return string.Join('\n', Files().Select(path => $"{Path.GetFileName(path)}|{FileLook.At(path)}"));
        }
        catch (Exception e) when (FileOrigin.IsFileFault(e))
        {
            return FileLook.Missing;
        }
    }

    public async ValueTask<ReadSecrets> ReadAsync(CancellationToken cancellationToken)
    {
        var read = new ReadSecrets();
        try
        {
            foreach (var path in Files())
            {
                using var content = await origin.For(path).ReadAsync(cancellationToken).ConfigureAwait(false);
                if (content.WrittenCount == 0) RefuseEmptied(path);
                read.Put(Path.GetFileName(path), SecretValue.FromBytes(options.TrimNewline ? WithoutNewline(content.WrittenSpan) : content.WrittenSpan));
            }
            RefuseEmptied(read);
            return read;
        }
        catch (Exception e)
        {
            read.Dispose();
            if (FileOrigin.IsFileFault(e)) throw origin.Unreadable(e);
            throw;
        }
    }

    public async ValueTask WriteAsync(string key, SecretValue value, CancellationToken cancellationToken)
    {
        if (!CanName(key)) throw origin.CannotCarry(key, "no file that counts can have this name");
        using var content = new PinnedWriter(value.Length + 1);
        value.Reveal(content, static (bytes, to) =>
        {
            bytes.CopyTo(to.GetSpan(bytes.Length));
            to.Advance(bytes.Length);
        });
        await AtomicFile.WriteAsync(origin.For(Path.Combine(origin.Path, key)), content.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _full.Remove(key); // if it is empty now, it is meant to be
    }

    /// <summary>Editors and <c>echo</c> put one there that belongs to no secret.</summary>
    public static ReadOnlySpan<byte> WithoutNewline(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [.. var rest, (byte)'\r', (byte)'\n'] => rest,
        [.. var rest, (byte)'\n'] => rest,
        _ => bytes,
    };

    /// <summary>Whoever writes a file in place empties it first. One that has been as empty for a while is meant to be, and none that is looked at twice in a hurry.</summary>
    private void RefuseEmptied(string path)
    {
        var (name, look) = (Path.GetFileName(path), FileLook.At(path));
        if (!_full.Contains(name)) return;
        if (!_doubted.TryGetValue(name, out var doubted) || doubted.Look != look) _doubted[name] = (look, options.Time.GetTimestamp());
        else if (options.Time.GetElapsedTime(doubted.Since) >= (options.PollInterval < LongestDoubt ? options.PollInterval : LongestDoubt)) return;
        throw origin.Broken($"{name} is empty, as a file is that is about to be written");
    }

    /// <summary>A directory that is exchanged, or not mounted, is empty for a while, and no secret is gone by that.</summary>
    private void RefuseEmptied(ReadSecrets read)
    {
        if (read.Keys.Count == 0 && _full.Count > 0) throw origin.Broken("it is empty, as a directory is that is being exchanged", "If no secret is meant to be left, start the program anew.");
        _full = read.Keys.Where(key => read[key].Length > 0).ToHashSet(StringComparer.Ordinal);
        _doubted.Clear();
    }

    private static bool CanName(string key) =>
        key.Length > 0 && key[0] != '.' && key.IndexOfAny(['/', '\\', '\0']) < 0 && System.Text.Encoding.UTF8.GetByteCount(key) <= LongestName;

    private IEnumerable<string> Files() => System.IO.Directory.EnumerateFiles(origin.Path).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal);
}
