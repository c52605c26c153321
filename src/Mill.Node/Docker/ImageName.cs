namespace Mill.Node.Docker;

/// <summary>What an image is called (https://github.com/distribution/reference): a repository, perhaps with its registry, and a tag or a digest.</summary>
/// <param name="Tag">A digest, where it names one.</param>
internal sealed record ImageName(string Repository, string Tag)
{
    public const string DockerHub = "docker.io";

    private const string Latest = "latest";

    /// <summary>Whose it is. What has neither a dot nor a colon before its first slash is no host.</summary>
    public string Registry => Repository.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && Repository[..slash] is var first && (first.AsSpan().ContainsAny('.', ':') || first is "localhost") ? first : DockerHub;

    /// <summary>What it stands for changes by convention, so that the one that is here may not be the one that is meant.</summary>
    public bool IsMoving => Tag is Latest;

    public static ImageName Parse(string text)
    {
        if (text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at) return new(text[..at], text[(at + 1)..]);
        var colon = text.LastIndexOf(':');
        return colon > text.LastIndexOf('/') && colon > 0 ? new(text[..colon], text[(colon + 1)..]) : new(text, Latest);
    }

    /// <summary>As a part of a path: slashes stay.</summary>
    public static string Escaped(string image) => Uri.EscapeDataString(image).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).Replace("%3A", ":", StringComparison.OrdinalIgnoreCase).Replace("%40", "@", StringComparison.Ordinal);
}
