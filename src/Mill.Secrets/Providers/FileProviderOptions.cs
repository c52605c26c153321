namespace Mill.Secrets.Providers;

/// <summary>What a <see cref="FileProvider"/> reads.</summary>
public enum SecretFileFormat
{
    /// <summary>By the path: a directory, a file that ends in <c>.json</c>, or else a <c>.env</c> file.</summary>
    ByPath,

    /// <summary>A <c>.env</c> file, as dotenv for Node reads it.</summary>
    Dotenv,

    /// <summary>One JSON object whose values are all strings.</summary>
    Json,

    /// <summary>A directory with one file per secret, such as Kubernetes and Docker mount. Files whose names start with a dot do not count.</summary>
    KeyPerFile,
}

/// <summary>What a <see cref="FileProvider"/> reads, and how it follows it.</summary>
public sealed record FileProviderOptions
{
    public string Name { get; init; } = "file";

    /// <summary>The file, or the directory. Links are followed, at each look anew.</summary>
    public required string Path { get; init; }

    public SecretFileFormat Format { get; init; }

    /// <summary>Takes files that the group or everybody may read. Kubernetes makes its files so, unless <c>defaultMode</c> says otherwise.</summary>
    public bool AllowOthersToRead { get; init; }

    /// <summary>Whether secrets may be set. Other processes may set some at the same time: a lock file beside the file orders them.</summary>
    public bool Writable { get; init; }

    /// <summary>With one file per secret: takes one newline off the end of each.</summary>
    public bool TrimNewline { get; init; }

    /// <summary>How often the file is looked at. What the system tells of it comes sooner, but network file systems and exchanged links tell nothing.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a changed file must stand still before it is read: it may be half written.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether to ask the system to tell of changes, beside looking for them.</summary>
    public bool UsesFileSystemEvents { get; init; } = true;

    /// <summary>Told once when the file can no longer be read, with the reason, and with null once it can be again. Must not throw.</summary>
    public Action<SecretProviderException?>? ErrorChanged { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
