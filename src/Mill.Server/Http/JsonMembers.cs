using System.Globalization;
using System.Text;

namespace Mill.Server.Http;

/// <summary>Turns the place of a JSON error into a JSON Pointer, if it only names members of the API: anything else was chosen by the caller, and may be a secret.</summary>
internal static class JsonMembers
{
    private static readonly HashSet<string> Known =
    [
        "value", "value_base64", "versions", "all", "operations", "op", "name", "if_version", "if_absent",
        "subject", "tenant", "role", "allow", "deny", "expires_in", "max_versions", "max_age",
        "hands_over_key", "node", "token", "address", "api_port", "peer_port", "version", "certificate_request", "cluster_id", "key_id",
    ];

    public static string? ToPointer(string? path)
    {
        if (path is null || !path.StartsWith('$')) return null;
        var pointer = new StringBuilder();
        foreach (var part in path[1..].Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Known.Contains(part) && !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)) return null;
            pointer.Append('/').Append(part);
        }
        return pointer.Length == 0 ? null : pointer.ToString();
    }
}
