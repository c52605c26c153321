using System.Text.RegularExpressions;
using Mill.Core.Sync;

namespace Mill.Sync.Requirements;

/// <summary>What the address of a remote says: a host, and a repository on it. Whatever else stands in it may be a password, and is left out.</summary>
/// <param name="Repository">Null where it is not one as GitHub has them.</param>
internal sealed partial record RemoteAddress(string Host, RepositoryName? Repository)
{
    /// <summary>Null for an address that names no host, such as a directory.</summary>
    public static RemoteAddress? Parse(string text)
    {
        var match = WithScheme().Match(text);
        if (!match.Success && !text.Contains("://", StringComparison.Ordinal)) match = OfSsh().Match(text);
        if (!match.Success) return null;
        var path = match.Groups["path"].Value.Trim('/');
        if (path.EndsWith(".git", StringComparison.Ordinal)) path = path[..^4];
        _ = RepositoryName.TryParse(path, out var repository);
        return new(Plain(match.Groups["host"].Value), repository);
    }

    /// <summary>The host of the repositories of an API: <c>api.github.com</c> is that of github.com, and an Enterprise host has both.</summary>
    public static string HostOf(Uri api) => Plain(api.Host.StartsWith("api.", StringComparison.OrdinalIgnoreCase) ? api.Host[4..] : api.Host);

    // Git over port 443 has another host (https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port).
    private static string Plain(string host) => host.ToLowerInvariant() switch
    {
        "ssh.github.com" or "www.github.com" => "github.com",
        var other => other,
    };

    [GeneratedRegex(@"\A(?:https?|ssh|git|git\+ssh|git\+https)://(?:[^/]*@)?(?<host>\[[0-9A-Fa-f:.]+\]|[^/:@]+)(?::[0-9]*)?/(?<path>[^?#]*)\z", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex WithScheme();

    // user@host:path, as scp(1) has it. A slash before the colon would make it a file.
    [GeneratedRegex(@"\A(?:[^/@:]+@)?(?<host>[^/:@]{2,}):(?<path>[^:?#]*)\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex OfSsh();
}
