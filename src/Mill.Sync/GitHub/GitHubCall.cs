namespace Mill.Sync.GitHub;

/// <summary>One request, in a form that can be sent more than once.</summary>
/// <param name="Owner">Whose things it is about: an app has a token for each owner.</param>
/// <param name="Path">Below the address, with its query.</param>
/// <param name="What">What it is about, for people: <c>the secrets of acme/web</c>.</param>
internal sealed record GitHubCall(HttpMethod Method, string Owner, string Path, string What)
{
    public byte[]? Body { get; init; }

    public bool IsWrite => Method != HttpMethod.Get;

    /// <summary>Whether sending it again does no harm where nobody knows what became of the first. An event would run its workflow twice.</summary>
    public bool IsRepeatable => Method != HttpMethod.Post;

    // A record prints its members; a body may hold what is nobody's business.
    public override string ToString() => $"{Method} {Path}";
}
