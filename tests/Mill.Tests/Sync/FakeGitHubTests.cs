using System.Text;
using System.Text.Json.Nodes;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>What the fake does with secrets, as GitHub does.</summary>
public sealed class FakeGitHubTests
{
    [Theory]
    [InlineData("/repos/acme/web/actions/secrets")]
    [InlineData("/repos/acme/web/dependabot/secrets")]
    [InlineData("/repos/acme/web/codespaces/secrets")]
    [InlineData("/repos/acme/web/environments/production%2Feu%20west/secrets")]
    [InlineData("/api/v3/repos/ACME/Web/actions/secrets")]
    public async Task A_secret_is_made_changed_and_deleted(string secrets)
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Web.AddEnvironment("production/eu west");

        var made = await rig.SetAsync(secrets, "Db_Password", "one");
        var changed = await rig.SetAsync(secrets, "DB_PASSWORD", "two");
        var seen = await rig.GetAsync($"{secrets}/db_password");
        var deleted = await rig.SendAsync("DELETE", $"{secrets}/db_PASSWORD");

        Assert.Equal((201, "{}"), (made.Status, made.Body!.ToJsonString()));
        Assert.Equal((204, null), (changed.Status, changed.Body));
        Assert.Equal("DB_PASSWORD", seen.Text("name"));
        Assert.Equal(["created_at", "name", "updated_at"], seen.Body!.AsObject().Select(member => member.Key).Order());
        Assert.Equal(204, deleted.Status);
        Assert.Equal(404, (await rig.SendAsync("DELETE", $"{secrets}/db_PASSWORD")).Status);
        Assert.Equal(404, (await rig.GetAsync($"{secrets}/db_password")).Status);
    }

    [Fact]
    public async Task Each_scope_has_secrets_and_a_key_of_its_own()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Web.AddEnvironment("production");
        string[] scopes = [.. Enum.GetValues<FakeStore>().Select(GitHubRig.Word).SelectMany(store => new[] { $"/repos/acme/web/{store}/secrets", $"/orgs/acme/{store}/secrets" }), "/repos/acme/web/environments/production/secrets"];
        var keys = new List<string>();
        foreach (var scope in scopes)
        {
            Assert.Equal(201, (await rig.SetAsync(scope, "SAME", scope, members: new() { ["visibility"] = "all" })).Status);
            keys.Add((await rig.GetAsync($"{scope}/public-key")).Text("key"));
        }

        Assert.Equal(scopes.Length, keys.Distinct().Count());
        Assert.Equal("/repos/acme/web/environments/production/secrets", rig.Web.Environment("production").Text("SAME"));
        Assert.All(Enum.GetValues<FakeStore>(), store => Assert.Equal($"/repos/acme/web/{GitHubRig.Word(store)}/secrets", rig.Web.Store(store).Text("SAME")));
        Assert.All(Enum.GetValues<FakeStore>(), store => Assert.Equal($"/orgs/acme/{GitHubRig.Word(store)}/secrets", rig.Acme.Store(store).Text("SAME")));
    }

    [Fact]
    public async Task The_bytes_that_went_in_are_the_bytes_that_it_has()
    {
        await using var rig = await GitHubRig.StartAsync();
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(number => (byte)number), .. "\r\n"u8];

        await rig.SetAsync(GitHubRig.WebSecrets, "BYTES", bytes);
        await rig.SetAsync(GitHubRig.WebSecrets, "NOTHING", "");

        Assert.Equal(bytes, rig.Web.Secrets.Value("bytes"));
        Assert.Empty(rig.Web.Secrets.Value("NOTHING")!);
        Assert.Null(rig.Web.Secrets.Value("OTHER"));
    }

    [Fact]
    public async Task Every_write_moves_the_time_of_the_last_but_those_within_a_second_look_like_one()
    {
        await using var rig = await GitHubRig.StartAsync();
        var times = new List<string>();
        for (var number = 0; number < 3; number++)
        {
            await rig.SetAsync(GitHubRig.WebSecrets, "EQUAL", "the same");
            times.Add((await rig.GetAsync($"{GitHubRig.WebSecrets}/EQUAL")).Text("updated_at"));
            rig.Time.Advance(TimeSpan.FromSeconds(0.6));
        }
        rig.Time.Advance(TimeSpan.FromSeconds(58.9));
        await rig.SetAsync(GitHubRig.WebSecrets, "EQUAL", "the same");
        var last = await rig.GetAsync($"{GitHubRig.WebSecrets}/EQUAL");

        Assert.Equal(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"], times);
        Assert.Equal(("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"), (last.Text("created_at"), last.Text("updated_at")));
    }

    [Fact]
    public async Task What_is_sealed_with_another_key_or_for_an_earlier_one_is_refused()
    {
        await using var rig = await GitHubRig.StartAsync();
        var key = await rig.GetAsync($"{GitHubRig.WebSecrets}/public-key");
        var box = GitHubRig.Seal("value"u8.ToArray(), key.Text("key"));
        var other = (await rig.GetAsync("/orgs/acme/actions/secrets/public-key")).Text("key");

        async Task<GitHubReply> Put(string value, string keyId) => await rig.SendAsync("PUT", $"{GitHubRig.WebSecrets}/NAME", new JsonObject { ["encrypted_value"] = value, ["key_id"] = keyId });
        var refusals = new[]
        {
            await Put(box, "1"),
            await Put(GitHubRig.Seal("value"u8.ToArray(), other), key.Text("key_id")),
            await Put(Convert.ToBase64String(new byte[47]), key.Text("key_id")),
        };
        rig.Web.Secrets.RotateKey();
        var rotated = await Put(box, key.Text("key_id"));

        Assert.All(refusals.Append(rotated), refusal => Assert.Equal((422, "Bad request - validation failed due to an improperly encrypted secret", "422"), (refusal.Status, refusal.Message, refusal.Text("status"))));
        Assert.NotEqual(key.Text("key_id"), (await rig.GetAsync($"{GitHubRig.WebSecrets}/public-key")).Text("key_id"));
        Assert.Equal(201, (await rig.SetAsync(GitHubRig.WebSecrets, "NAME", "value")).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("YWJj=")]
    [InlineData("YW Jj")]
    [InlineData("YWI")]
    [InlineData("YW_j")]
    [InlineData("YWJj\n")]
    public async Task What_is_not_base64_is_refused(string value)
    {
        await using var rig = await GitHubRig.StartAsync();

        var refusal = await rig.SendAsync("PUT", $"{GitHubRig.WebSecrets}/NAME", new JsonObject { ["encrypted_value"] = value, ["key_id"] = rig.Web.Secrets.KeyId });

        Assert.Equal((422, $"Invalid request.\n\n{value} does not match /^(?:[A-Za-z0-9+/]{{4}})*(?:[A-Za-z0-9+/]{{2}}==|[A-Za-z0-9+/]{{3}}=|[A-Za-z0-9+/]{{4}})$/."), (refusal.Status, refusal.Message));
    }

    [Theory]
    [InlineData("{}", 422, "Invalid request.\n\n\"encrypted_value\" wasn't supplied.")]
    [InlineData("""{"encrypted_value":"YWJj"}""", 422, "Invalid request.\n\n\"key_id\" wasn't supplied.")]
    [InlineData("""{"encrypted_value":1,"key_id":"1"}""", 422, "Invalid request.\n\nFor 'properties/encrypted_value', 1 is not a string.")]
    [InlineData("[]", 400, "Body should be a JSON object")]
    public async Task A_body_that_is_not_what_it_should_be_is_refused(string body, int status, string message)
    {
        await using var rig = await GitHubRig.StartAsync();

        var refusal = await rig.SendAsync("PUT", $"{GitHubRig.WebSecrets}/NAME", JsonNode.Parse(body));

        Assert.Equal((status, message), (refusal.Status, refusal.Message));
    }

    [Theory]
    [InlineData("1ST", "Secret names can only contain alphanumeric characters")]
    [InlineData("A-B", "Secret names can only contain alphanumeric characters")]
    [InlineData("A%20B", "Secret names can only contain alphanumeric characters")]
    [InlineData("A%2FB", "Secret names can only contain alphanumeric characters")]
    [InlineData("%C3%84", "Secret names can only contain alphanumeric characters")]
    [InlineData("github_token", "Secret names must not start with GITHUB_.")]
    public async Task Names_that_GitHub_does_not_have_are_refused(string name, string message)
    {
        await using var rig = await GitHubRig.StartAsync();

        var refusal = await rig.SetAsync(GitHubRig.WebSecrets, name, "value");

        Assert.Equal(422, refusal.Status);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Web.Secrets.Names);
    }

    [Fact]
    public async Task A_value_has_48_KiB_at_most()
    {
        await using var rig = await GitHubRig.StartAsync();

        Assert.Equal(201, (await rig.SetAsync(GitHubRig.WebSecrets, "FITS", new byte[48 * 1024])).Status);
        var refusal = await rig.SetAsync(GitHubRig.WebSecrets, "DOES_NOT", new byte[(48 * 1024) + 1]);

        Assert.Equal((422, "Value is too large"), (refusal.Status, refusal.Message));
    }

    [Theory]
    [InlineData("/repos/acme/web/dependabot/secrets", 100)]
    [InlineData("/repos/acme/web/environments/production/secrets", 100)]
    [InlineData("/orgs/acme/actions/secrets", 1_000)]
    public async Task A_scope_is_full_at_some_time(string secrets, int most)
    {
        await using var rig = await GitHubRig.StartAsync();
        var environment = rig.Web.AddEnvironment("production");
        var store = most == 1_000 ? rig.Acme.Secrets : secrets.Contains("dependabot", StringComparison.Ordinal) ? rig.Web.Store(FakeStore.Dependabot) : environment;
        for (var number = 1; number < most; number++) store.Put($"NAME_{number}", "value");
        JsonObject Members() => new() { ["visibility"] = "private" };

        Assert.Equal(201, (await rig.SetAsync(secrets, "LAST", "value", members: Members())).Status);
        Assert.Equal(422, (await rig.SetAsync(secrets, "ONE_MORE", "value", members: Members())).Status);
        Assert.Equal(204, (await rig.SetAsync(secrets, "LAST", "value", members: Members())).Status);
    }

    [Fact]
    public async Task An_environment_that_is_missing_is_not_made()
    {
        await using var rig = await GitHubRig.StartAsync();
        const string Secrets = "/repos/acme/web/environments/production/secrets";

        Assert.Equal(404, (await rig.GetAsync(Secrets)).Status);
        Assert.Equal(404, (await rig.GetAsync($"{Secrets}/public-key")).Status);
        Assert.Equal(404, (await rig.SendAsync("PUT", $"{Secrets}/NAME", new JsonObject { ["encrypted_value"] = "", ["key_id"] = "1" })).Status);
        Assert.Equal(404, (await rig.GetAsync("/repos/acme/web/dependabot/organization-secrets")).Status);
    }

    [Fact]
    public async Task What_a_test_does_by_hand_is_seen_by_those_who_ask()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.GitHub.ListDelay = TimeSpan.FromMinutes(1);
        rig.Web.Secrets.Put("by_hand", "value");
        rig.Web.Secrets.Put("GONE", Encoding.UTF8.GetBytes("value"));

        Assert.True(rig.Web.Secrets.Remove("gone"));
        Assert.Equal(["BY_HAND"], (await rig.GetAsync(GitHubRig.WebSecrets)).Names);
        Assert.Equal(0, rig.Web.Secrets.Changes);
    }
}
