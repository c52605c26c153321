using System.Security.Cryptography;

namespace Mill.Testing.GitHub;

/// <summary>Somebody's token, for <see cref="FakeGitHub.AddToken"/>.</summary>
public sealed record FakeToken
{
    private FakeToken(string text, FakeTokenKind kind) => (Text, Kind) = (text, kind);

    /// <summary>What a client sends.</summary>
    public string Text { get; }

    public FakeTokenKind Kind { get; }

    /// <summary>Logins of those whose repositories and organizations it reaches.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>Ids of the repositories among them; null for all. Classic tokens have no such choice.</summary>
    public IReadOnlyList<long>? Repositories { get; init; }

    /// <summary>Of a classic token: <c>repo</c>, <c>admin:org</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Of the others, with <c>read</c> or <c>write</c>: <c>secrets</c>, <c>organization_secrets</c>.</summary>
    public IReadOnlyDictionary<string, string> Permissions { get; init; } = new Dictionary<string, string>();

    /// <summary>Null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whose limits its requests count for: all tokens of one person share them.</summary>
    public string Account { get; init; } = "octocat";

    /// <summary>True where its owner still has to allow it for an organization that has single sign-on.</summary>
    public bool AwaitsSingleSignOn { get; init; }

    public static FakeToken Classic(IReadOnlyList<string> owners, params string[] scopes) => new(NewText("ghp_", 36), FakeTokenKind.Classic) { Owners = owners, Scopes = scopes };

    /// <param name="permissions">As in <c>secrets=write</c>. <c>metadata=read</c> is always among them.</param>
    public static FakeToken FineGrained(string owner, params string[] permissions) =>
        new(NewText("github_pat_", 82), FakeTokenKind.FineGrained) { Owners = [owner], Permissions = Parse(permissions) };

    /// <summary>What a workflow has as <c>GITHUB_TOKEN</c>: it reaches no secrets, and no repository but its own.</summary>
    public static FakeToken Workflow(FakeRepository repository) =>
        Installation(repository.Owner.Login, Parse(["actions=read", "contents=write"]), [repository.Id]) with { Account = $"workflow of {repository.Id}" };

    internal static FakeToken Installation(string owner, IReadOnlyDictionary<string, string> permissions, IReadOnlyList<long>? repositories) =>
        new(NewText("ghs_", 36), FakeTokenKind.Installation) { Owners = [owner], Permissions = permissions, Repositories = repositories };

    internal static IReadOnlyDictionary<string, string> Parse(IEnumerable<string> permissions) =>
        permissions.Append("metadata=read").Select(permission => permission.Split('=', 2)).DistinctBy(parts => parts[0]).ToDictionary(parts => parts[0], parts => parts[1]);

    internal bool Reaches(FakeOwner owner) => Owners.Contains(owner.Login, StringComparer.OrdinalIgnoreCase);

    internal bool Reaches(FakeRepository repository) => Reaches(repository.Owner) && (Repositories is null || Repositories.Contains(repository.Id));

    internal bool Has(Need need) =>
        Kind is FakeTokenKind.Classic ? need.Scope is null || Scopes.Contains(need.Scope) : Permissions.TryGetValue(need.Permission, out var level) && (level is "write" or "admin" || !need.IsWrite);

    // A record prints its members.
    public override string ToString() => $"{Kind} token of {Account}";

    private static string NewText(string prefix, int length) => prefix + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);
}
