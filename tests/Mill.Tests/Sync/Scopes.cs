using Mill.Core.Sync;

namespace Mill.Tests.Sync;

/// <summary>Targets as people write them.</summary>
internal static class Scopes
{
    public static SecretScope Of(string text)
    {
        var (place, store) = text.Split(':') is [var before, var behind] ? (before, Enum.Parse<SecretStore>(behind, ignoreCase: true)) : (text, SecretStore.Actions);
        if (!place.Contains('/', StringComparison.Ordinal)) return SecretScope.OfOrganization(place, store);
        var parts = place.Split('@', 2);
        if (!RepositoryName.TryParse(parts[0], out var repository)) throw new ArgumentException("no target", nameof(text));
        return parts is [_, var environment] ? SecretScope.Of(repository, environment) : SecretScope.Of(repository, store);
    }
}
