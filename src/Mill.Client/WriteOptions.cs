namespace Mill.Client;

/// <summary>The conditions under which a secret is set.</summary>
public sealed record WriteOptions
{
    internal static WriteOptions None { get; } = new();

    /// <summary>Only if this version is the current one.</summary>
    public int? IfVersion { get; init; }

    /// <summary>Only if there is no such secret.</summary>
    public bool IfAbsent { get; init; }

    /// <summary>Make a new version even of the value that is already current.</summary>
    public bool Force { get; init; }

    /// <summary>Name the write, to repeat it safely from another process. Without one, each write has a random name.</summary>
    public string? IdempotencyKey { get; init; }
}
