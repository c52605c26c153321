using System.Text.Json.Nodes;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Secrets of organizations, and who sees them.</summary>
public sealed class FakeGitHubOrganizationTests
{
    private const string Secrets = "/orgs/acme/actions/secrets";
    private const string Inherited = "/repos/acme/web/actions/organization-secrets";

    [Fact]
    public async Task A_repository_sees_what_is_meant_for_it()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Acme.AddRepository("site", isPrivate: false);
        var other = rig.Acme.AddRepository("other");
        rig.Acme.Secrets.Put("FOR_ALL", "value");
        rig.Acme.Secrets.Put("FOR_PRIVATE", "value"u8, "private");
        rig.Acme.Secrets.Put("FOR_WEB", "value"u8, "selected", rig.Web);
        rig.Acme.Secrets.Put("FOR_OTHER", "value"u8, "selected", other);

        var web = await rig.GetAsync(Inherited);

        Assert.Equal(["FOR_ALL", "FOR_PRIVATE", "FOR_WEB"], web.Names);
        Assert.Equal(["created_at", "name", "updated_at"], web.Body!["secrets"]![0]!.AsObject().Select(member => member.Key).Order());
        Assert.Equal(["FOR_ALL"], (await rig.GetAsync("/repos/acme/site/actions/organization-secrets")).Names);
    }

    [Fact]
    public async Task A_repository_of_a_person_inherits_nothing()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.GitHub.AddPerson("ann").AddRepository("notes");
        var token = rig.GitHub.AddToken(FakeToken.Classic(["ann"], "repo", "admin:org"));

        var inherited = await rig.GetAsync("/repos/ann/notes/actions/organization-secrets", token);

        Assert.Equal((200, 0), (inherited.Status, (int)inherited.Body!["total_count"]!));
        Assert.Equal(404, (await rig.GetAsync("/orgs/ann/actions/secrets", token)).Status);
    }

    [Theory]
    [InlineData(FakeStore.Actions)]
    [InlineData(FakeStore.Dependabot)]
    [InlineData(FakeStore.Codespaces)]
    public async Task Who_sees_it_has_to_be_said(FakeStore store)
    {
        await using var rig = await GitHubRig.StartAsync();
        var secrets = $"/orgs/acme/{GitHubRig.Word(store)}/secrets";

        var refusal = await rig.SetAsync(secrets, "NAME", "value");
        Assert.Equal((422, "Invalid request.\n\n\"visibility\" wasn't supplied."), (refusal.Status, refusal.Message));
        Assert.Equal(422, (await rig.SetAsync(secrets, "NAME", "value", members: new() { ["visibility"] = "everybody" })).Status);

        var id = store is FakeStore.Dependabot ? JsonValue.Create($"{rig.Web.Id}") : JsonValue.Create(rig.Web.Id);
        Assert.Equal(201, (await rig.SetAsync(secrets, "NAME", "value", members: new() { ["visibility"] = "selected", ["selected_repository_ids"] = new JsonArray(id) })).Status);
        var shown = (await rig.GetAsync(secrets)).Body!["secrets"]![0]!;
        Assert.Equal("selected", (string?)shown["visibility"]);
        var selected = await rig.GetAsync(new Uri((string)shown["selected_repositories_url"]!).PathAndQuery);
        Assert.Equal("acme/web", (string?)selected.Body!["repositories"]![0]!["full_name"]);
    }

    [Fact]
    public async Task A_write_without_repositories_takes_it_from_all_of_them()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Acme.Secrets.Put("NAME", "value"u8, "selected", rig.Web);

        Assert.Equal(204, (await rig.SetAsync(Secrets, "NAME", "value", members: new() { ["visibility"] = "selected" })).Status);

        Assert.Empty(rig.Acme.Secrets.Find("NAME")!.Selected);
        Assert.Empty((await rig.GetAsync(Inherited)).Names);
    }

    [Fact]
    public async Task Repositories_are_selected_one_by_one_or_all_together()
    {
        await using var rig = await GitHubRig.StartAsync();
        var other = rig.Acme.AddRepository("other");
        rig.Acme.Secrets.Put("NAME", "value"u8, "selected");
        IReadOnlyList<long> Selected() => rig.Acme.Secrets.Find("NAME")!.Selected;

        Assert.Equal(204, (await rig.SendAsync("PUT", $"{Secrets}/name/repositories/{rig.Web.Id}")).Status);
        Assert.Equal(204, (await rig.SendAsync("PUT", $"{Secrets}/NAME/repositories/{other.Id}")).Status);
        Assert.Equal([rig.Web.Id, other.Id], Selected());
        Assert.Equal(204, (await rig.SendAsync("DELETE", $"{Secrets}/NAME/repositories/{rig.Web.Id}")).Status);
        Assert.Equal([other.Id], Selected());
        Assert.Equal(204, (await rig.SendAsync("PUT", $"{Secrets}/NAME/repositories", new JsonObject { ["selected_repository_ids"] = new JsonArray(rig.Web.Id) })).Status);
        Assert.Equal([rig.Web.Id], Selected());
        Assert.Equal(404, (await rig.SendAsync("PUT", $"{Secrets}/NAME/repositories/1")).Status);
        Assert.Equal(404, (await rig.SendAsync("PUT", $"{Secrets}/OTHER/repositories/{rig.Web.Id}")).Status);
    }

    [Theory]
    [InlineData("PUT", true)]
    [InlineData("PUT", false)]
    [InlineData("DELETE", true)]
    public async Task Nothing_is_selected_where_all_see_it(string method, bool isOne)
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Acme.Secrets.Put("NAME", "value");

        var refusal = await rig.SendAsync(method, $"{Secrets}/NAME/repositories{(isOne ? $"/{rig.Web.Id}" : "")}", isOne ? null : new JsonObject { ["selected_repository_ids"] = new JsonArray(rig.Web.Id) });

        Assert.Equal(409, refusal.Status);
    }
}
