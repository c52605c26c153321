using Mill.Core.Sync;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class WantedSecretsTests
{
    private static readonly Dictionary<string, int> Vault = new()
    {
        ["app/db/password"] = 3,
        ["app/db.host"] = 1,
        ["app/api-key"] = 2,
        ["app/1st"] = 1,
        ["app/x.y"] = 1,
        ["app/x/y"] = 1,
        ["app/github/token"] = 1,
        ["mill-sync/ledger/repo/acme/web/actions"] = 9,
        ["other"] = 4,
    };

    [Fact]
    public void A_prefix_brings_all_that_is_below_it_under_names_that_GitHub_takes()
    {
        var wanted = WantedSecrets.Of(Target("app/"), Vault);
        Assert.Equal(new SyncSource("app/db/password", 3), wanted["DB_PASSWORD"]);
        Assert.Equal(new SyncSource("app/db.host", 1), wanted["DB_HOST"]);
        Assert.Equal(new SyncSource("app/api-key", 2), wanted["API_KEY"]);
        Assert.Equal(MillError.InvalidName, wanted["1ST"].Refusal?.Error);
        Assert.Equal(MillError.InvalidName, wanted["GITHUB_TOKEN"].Refusal?.Error);
        Assert.Equal(new(MillError.InvalidName, "app/x.y and app/x/y would have the same name"), wanted["X_Y"].Refusal);
        Assert.Equal(6, wanted.Count);
    }

    [Fact]
    public void What_somebody_wrote_down_wins_over_what_comes_with_a_prefix()
    {
        var wanted = WantedSecrets.Of(Target("app/", ("DB_PASSWORD", "other"), ("X_Y", "app/x/y"), ("GONE", "gone")), Vault);
        Assert.Equal(new SyncSource("other", 4), wanted["DB_PASSWORD"]);
        Assert.Equal(new SyncSource("app/x/y", 1), wanted["X_Y"]);
        Assert.Equal(new SyncSource("gone", null), wanted["GONE"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mill-sync/")]
    [InlineData("mill")]
    public void What_Mill_keeps_for_itself_never_leaves(string prefix)
    {
        Assert.DoesNotContain(WantedSecrets.Of(Target(prefix), Vault).Values, source => source.Secret.StartsWith("mill-sync/", StringComparison.Ordinal));
        var named = WantedSecrets.Of(Target(null, ("LEDGER", "mill-sync/ledger/repo/acme/web/actions")), Vault)["LEDGER"];
        Assert.Equal(MillError.Forbidden, named.Refusal?.Error);
        Assert.False(WantedSecrets.Concerns(Target(prefix), "mill-sync/ledger/repo/acme/web/actions"));
    }

    [Fact]
    public void Only_what_can_be_wanted_is_listed()
    {
        Assert.Null(WantedSecrets.Beginning(Target(null)));
        Assert.Equal("app/", WantedSecrets.Beginning(Target("app/")));
        Assert.Equal("app/db", WantedSecrets.Beginning(Target("app/db/", ("A", "app/db.host"))));
        Assert.Equal("", WantedSecrets.Beginning(Target(null, ("A", "app/db.host"), ("B", "other"))));
    }

    [Fact]
    public void A_change_concerns_whoever_has_it()
    {
        Assert.True(WantedSecrets.Concerns(Target("app/"), "app/db/password"));
        Assert.False(WantedSecrets.Concerns(Target("app/"), "app/"));
        Assert.True(WantedSecrets.Concerns(Target(null, ("A", "other")), "other"));
        Assert.False(WantedSecrets.Concerns(Target(null, ("A", "other")), "others"));
    }

    private static SyncTarget Target(string? prefix, params (string Name, string Secret)[] secrets) =>
        new(Scopes.Of("acme/web"), secrets.ToDictionary(secret => secret.Name, secret => secret.Secret), prefix);
}
