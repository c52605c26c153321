using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Exports;

/// <summary>Which repository holds the secrets that others ask for.</summary>
public static class SourceRepository
{
    public const string Variable = "SOURCE_SECRETS_REPO";

    /// <summary>What stands behind the name, such as a directory in it, names no other secrets: a repository has one store. Throws <see cref="MillError.Usage"/>.</summary>
    public static RepositoryName Parse(string text, string source)
    {
        var parts = text.Split('/');
        return RepositoryName.TryParse(string.Join('/', parts.Take(2)), out var repository)
            ? repository
            : throw new MillException(MillError.Usage, $"{source} says no repository: it is written OWNER/NAME.") { Hint = "For example acme/devops." };
    }
}
