namespace Mill.Testing.GitHub;

/// <summary>What GitHub takes as a secret (https://docs.github.com/en/actions/reference/security/secrets).</summary>
internal static class SecretRules
{
    /// <summary>Of a value, in bytes.</summary>
    public const int LongestValue = 48 * 1024;

    private const int LongestName = 255;
    private const string Reserved = "GITHUB_";

    /// <summary>What GitHub says of such a name; null where it takes it. Names are kept in upper case.</summary>
    public static string? Misnamed(string name)
    {
        if (name.StartsWith(Reserved, StringComparison.OrdinalIgnoreCase)) return $"Secret names must not start with {Reserved}.";
        var isOne = name.Length is > 0 and <= LongestName && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_');
        return isOne ? null : "Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_).";
    }
}
