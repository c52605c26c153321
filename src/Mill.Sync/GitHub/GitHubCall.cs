namespace Mill.Sync.GitHub;

/// <summary>One request, in a form that can be sent more than once.</summary>
/// <param name="Owner">Whose things it is about: an app has a token for each owner.</param>
/// <param name="Path">Below the address, with its query.</param>
/// <param name="What">What it is about, for people: <c>the secrets of acme/web</c>.</param>
internal sealed record GitHubCall(HttpMethod Method, string Owner, string Path, string What)
{
    public byte[]? Body { get; init; }

    /// <summary>What a fine-grained token needs for it, where it is not about secrets: <c>to read actions</c>.</summary>
    public string? Permission { get; init; }

    /// <summary>That a token is asked for: nothing changes, and one too many does no harm.</summary>
    public bool IsForToken { get; init; }

    public bool IsWrite => Method != HttpMethod.Get && !IsForToken;

    /// <summary>A change whose turn was waited for already, because something had to be looked at in between: it is sent now and once, or not at all.</summary>
    public bool IsReserved { get; init; }

    /// <summary>Whether sending it again does no harm where nobody knows what became of the first. An event would run its workflow twice, and what is there to be changed may be another's by then.</summary>
    public bool IsRepeatable => !IsWrite;

    // A record prints its members; a body may hold what is nobody's business.
    public override string ToString() => $"{Method} {Path}";
}
