namespace Mill.Core.Sync;

/// <summary>The names that GitHub has for secrets (https://docs.github.com/en/actions/reference/security/secrets): letters, digits and underscores, kept in upper case.</summary>
public static class GitHubSecretName
{
    /// <summary>Of a value, in bytes.</summary>
    public const int LongestValue = 48 * 1024;

    private const string Reserved = "GITHUB_";
    private const int Longest = 255;

    /// <summary>As GitHub keeps it. Null, and <paramref name="reason"/>, where it takes no such name.</summary>
    public static string? Normalize(string text, out string? reason)
    {
        reason = text switch
        {
            "" => "it is empty",
            { Length: > Longest } => $"it is longer than {Longest} characters",
            _ when text.Any(c => c is not ((>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_')) => "only letters, digits and underscores may be in it",
            _ when text[0] is >= '0' and <= '9' => "it must not begin with a digit",
            _ when text.StartsWith(Reserved, StringComparison.OrdinalIgnoreCase) => $"names that begin with {Reserved} are GitHub's own",
            _ => null,
        };
        return reason is null ? text.ToUpperInvariant() : null;
    }
}
