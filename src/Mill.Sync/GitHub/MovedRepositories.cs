namespace Mill.Sync.GitHub;

/// <summary>
/// Repositories that GitHub redirected to where no renaming changes anything: <c>repositories/ID</c>. Changes then go there at once, as GitHub counts one that is redirected, too. For a minute only, because somebody may
/// take the old name.
/// </summary>
internal sealed class MovedRepositories(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (string To, DateTimeOffset Ends)> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="path">What was asked for.</param>
    /// <param name="moved">Where GitHub sent that.</param>
    public void Learn(string path, string moved)
    {
        if (Named(path) is { } named && moved.Split('/', '?') is ["repositories", var id, ..]) _known[named] = ($"repositories/{id}", time.GetUtcNow() + Life);
    }

    /// <summary>The same in a repository that has moved, and that repository; null where nobody knows that it has.</summary>
    public (string Path, string Repository)? Find(string path) =>
        Named(path) is { } named && _known.TryGetValue(named, out var known) && known.Ends > time.GetUtcNow() ? (known.To + path[named.Length..], known.To) : null;

    private static string? Named(string path) => path.Split('/', '?') is ["repos", var owner, var name, ..] ? $"repos/{owner}/{name}" : null;
}
