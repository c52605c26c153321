namespace Mill.Sync.GitHub;

/// <summary>What a request for an export carries (<c>client_payload</c>): GitHub takes ten members and 64 KiB.</summary>
/// <param name="RequestId">Stands in the title of the run, so that it can be found.</param>
/// <param name="TargetRepo">Who is to have the secrets, <c>owner/name</c>.</param>
/// <param name="Secrets">Their names.</param>
/// <param name="SecretName">The first of them, for workflows that know of one only.</param>
public sealed record ExportPayload(string RequestId, string TargetRepo, IReadOnlyList<string> Secrets, string SecretName)
{
    /// <summary>The environment that is to have them; null for the repository.</summary>
    public string? TargetEnvironment { get; init; }

    /// <summary>Whether what is there already is to be replaced; left out for no.</summary>
    public bool? Overwrite { get; init; }
}
