namespace Mill.Testing.GitHub;

/// <summary>A request that a <see cref="FakeGitHub"/> saw. It knows whose token came with it, and not the token.</summary>
/// <param name="Target">As it stood on the wire: path and query.</param>
/// <param name="Headers">All but <c>Authorization</c>.</param>
/// <param name="Account">Whose limits it counts for; null without a valid token.</param>
public sealed record RecordedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, DateTimeOffset Time, string? Account)
{
    /// <summary>What it was answered; 0 while it is under way, and where the connection was cut.</summary>
    public int Status { get; init; }

    /// <summary>GitHub's own word for what a change is; asking for a token is none.</summary>
    public bool IsWrite => Method is not ("GET" or "HEAD" or "OPTIONS") && !Path.EndsWith("/access_tokens", StringComparison.Ordinal);

    /// <summary>Without the query, and without <c>/api/v3</c> before it.</summary>
    public string Path => Target.Split('?')[0] is var path && path.StartsWith(Pipeline.EnterprisePrefix + "/", StringComparison.Ordinal) ? path[Pipeline.EnterprisePrefix.Length..] : path;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    // A record prints its members, one of which is a dictionary.
    public override string ToString() => $"{Time:HH:mm:ss.fff} {Method} {Target} {Status}";
}
