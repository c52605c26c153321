using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Isolation;

/// <summary>Somebody who may not see the hidden name.</summary>
/// <param name="Make">Makes its token; with null it is the operator's.</param>
/// <param name="Tenant">The tenant it names in every request.</param>
internal sealed record Outsider(string Name, Func<TestServer, Task<Api>>? Make, string? Tenant = null)
{
    /// <summary>The tenant of its token.</summary>
    public string Home { get; init; } = "b";

    /// <summary>A name that it may see.</summary>
    public string Sees { get; init; } = "app/mine";

    /// <summary>Makes its token one that does not work.</summary>
    public Func<string, string>? Spoil { get; init; }

    /// <summary>It sees the hidden name while the secret exists: only for the worlds in which it does not.</summary>
    public bool SeesTheLiving { get; init; }
}

internal static class Outsiders
{
    public static IReadOnlyList<Outsider> All { get; } =
    [
        .. Of(["reader", "writer", "deployer"], role => new($"{role} of another tenant", server => server.MakeAsync(role, "b"))),
        .. Of(["reader", "writer", "deployer"], role => new($"{role} with other names allowed", server => server.MakeAsync(role, allow: ["other/*", "app/mine"])) { Home = "default" }),
        .. Of(["reader", "writer", "deployer"], role => new($"{role} with the name denied", server => server.MakeAsync(role, allow: ["app/*"], deny: ["app/hidden*"])) { Home = "default" }),
        .. Of(["reader", "writer"], role => new($"{role} of another tenant with the name allowed", server => server.MakeAsync(role, "b", allow: ["app/*"]))),
        .. Of(["reader", "writer", "deployer"], role => new($"{role} of another tenant that names the hidden one", server => server.MakeAsync(role, "b"), "default")),
        .. Of(["b", "unused", "DEFAULT", "default,b", " ", "../default"], tenant => new($"operator in the tenant '{tenant}'", null, tenant)),
        new("operator of another tenant", server => server.MakeAsync("operator", "b")),
        new("reader, once the secret is gone", server => server.MakeAsync("reader")) { Home = "default", SeesTheLiving = true },
        new("nobody", null) { Spoil = _ => "" },
        new("somebody with a wrong secret", server => server.MakeAsync("reader")) { Spoil = token => token[..^4] + "0000" },
        new("somebody with an unknown token", server => server.MakeAsync("writer")) { Spoil = token => token[..5] + "000000000000" + token[17..] },
    ];

    private static IEnumerable<Outsider> Of(string[] from, Func<string, Outsider> make) => from.Select(make);
}
