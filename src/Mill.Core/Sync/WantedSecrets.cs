using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>Which secrets of the vault a target is to have, and under what names.</summary>
public static class WantedSecrets
{
    /// <summary>What Mill keeps in the vault for itself: it never leaves.</summary>
    public const string Own = "mill-sync/";

    /// <summary>What all names that a target has something to do with begin with; null where it wants none.</summary>
    public static string? Beginning(SyncTarget target)
    {
        string? beginning = target.Prefix;
        foreach (var name in target.Secrets.Values) beginning = beginning is null ? name : beginning[..beginning.AsSpan().CommonPrefixLength(name)];
        return beginning;
    }

    /// <summary>Whether a change of the secret is one for the target.</summary>
    public static bool Concerns(SyncTarget target, string secret) =>
        !secret.StartsWith(Own, StringComparison.Ordinal) && (target.Secrets.Values.Contains(secret, StringComparer.Ordinal) || (target.Prefix is { } prefix && IsBelow(prefix, secret)));

    /// <summary>By name, as GitHub has it. A name that somebody wrote down wins over one that comes with a prefix.</summary>
    /// <param name="known">At least what begins with <see cref="Beginning"/>: names and current versions.</param>
    public static IReadOnlyDictionary<string, SyncSource> Of(SyncTarget target, IReadOnlyDictionary<string, int> known)
    {
        var wanted = new SortedDictionary<string, SyncSource>(StringComparer.Ordinal);
        foreach (var (name, secret) in target.Secrets) wanted[name] = Named(secret, known);
        if (target.Prefix is not { } prefix) return wanted;
        foreach (var group in known.Keys.Where(secret => IsBelow(prefix, secret)).GroupBy(secret => NameFor(secret[prefix.Length..]), StringComparer.Ordinal))
        {
            if (!wanted.ContainsKey(group.Key)) wanted[group.Key] = Prefixed(group.Key, [.. group.Order(StringComparer.Ordinal)], known);
        }
        return wanted;
    }

    /// <summary>As GitHub could have it: <c>db/password</c> is <c>DB_PASSWORD</c>. It still has to be a name that GitHub takes.</summary>
    public static string NameFor(string rest) => string.Concat(rest.ToUpperInvariant().Select(c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') ? c : '_'));

    private static bool IsBelow(string prefix, string secret) => secret.Length > prefix.Length && secret.StartsWith(prefix, StringComparison.Ordinal) && !secret.StartsWith(Own, StringComparison.Ordinal);

    private static SyncSource Named(string secret, IReadOnlyDictionary<string, int> known)
    {
        var source = new SyncSource(secret, known.TryGetValue(secret, out var version) ? version : null);
        return secret.StartsWith(Own, StringComparison.Ordinal) ? source with { Version = 0, Refusal = new(MillError.Forbidden, "what Mill keeps for itself never leaves") } : source;
    }

    private static SyncSource Prefixed(string name, string[] secrets, IReadOnlyDictionary<string, int> known)
    {
        var source = new SyncSource(secrets[0], known[secrets[0]]);
        if (secrets.Length > 1) return source with { Refusal = new(MillError.InvalidName, $"{string.Join(" and ", secrets)} would have the same name") };
        return GitHubSecretName.Normalize(name, out var reason) is null ? source with { Refusal = new(MillError.InvalidName, $"GitHub takes no such name: {reason}") } : source;
    }
}
