using System.Diagnostics.CodeAnalysis;

namespace Mill.Core.Sync;

/// <summary>Reads what <see cref="SecretScope.ToString"/> writes.</summary>
public static class SecretScopes
{
    private const int LongestEnvironment = 255;

    /// <param name="reason">What is wrong with it, as the end of a sentence; it repeats nothing of the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out SecretScope? scope, [NotNullWhen(false)] out string? reason)
    {
        scope = null;
        // An environment may have a colon in its name, and an at sign; neither an owner nor a repository has.
        if (text.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at) return TryParseEnvironment(text[..at], text[(at + 1)..], out scope, out reason);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (place, store) = colon < 0 ? (text, SecretStore.Actions) : (text[..colon], StoreOf(text[(colon + 1)..]));
        if (store is not { } known)
        {
            reason = "behind the colon stands a store: dependabot or codespaces";
            return false;
        }
        if (RepositoryName.TryParse(place, out var repository)) scope = SecretScope.Of(repository, known);
        else if (IsOwner(place)) scope = SecretScope.OfOrganization(place, known);
        reason = scope is null ? "write owner/name, owner/name@environment or owner" : null;
        return scope is not null;
    }

    /// <summary>By the name that people write; null where it is none.</summary>
    public static SecretStore? StoreOf(string name) => name switch
    {
        "actions" => SecretStore.Actions,
        "dependabot" => SecretStore.Dependabot,
        "codespaces" => SecretStore.Codespaces,
        _ => null,
    };

    /// <summary>What is wrong with the name of an environment, as <see cref="TryParse"/> says it; null for nothing.</summary>
    public static string? ProblemOfEnvironment(string name) => name switch
    {
        "" => "the environment has no name",
        "." or ".." => "an environment of that name cannot be asked for",
        { Length: > LongestEnvironment } => $"the name of the environment is longer than {LongestEnvironment} characters",
        _ when name.Any(char.IsControl) => "the name of the environment holds a control character",
        _ when StoreOf(name[(name.LastIndexOf(':') + 1)..]) is not null and not SecretStore.Actions && name.Contains(':', StringComparison.Ordinal) => "an environment has secrets for Actions only",
        _ => null,
    };

    private static bool TryParseEnvironment(string place, string environment, [NotNullWhen(true)] out SecretScope? scope, [NotNullWhen(false)] out string? reason)
    {
        scope = null;
        reason = ProblemOfEnvironment(environment);
        if (reason is not null) return false;
        if (RepositoryName.TryParse(place, out var repository)) scope = SecretScope.Of(repository, environment);
        else reason = "write owner/name@environment";
        return scope is not null;
    }

    // Whatever is the owner of a repository is an owner.
    private static bool IsOwner(string text) => RepositoryName.TryParse($"{text}/x", out _);
}
