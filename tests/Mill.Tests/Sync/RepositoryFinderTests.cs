using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Requirements;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class RepositoryFinderTests : IDisposable
{
    private static readonly Uri Enterprise = new("https://git.acme.example/api/v3/");

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-sync-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_is_named_comes_first_then_the_variable_then_the_remote()
    {
        var checkout = Checkout("https://github.com/acme/remote");
        Assert.Equal(("a/named", "--repo"), await FindAsync("a/named", "a/variable", checkout));
        Assert.Equal(("a/variable", "GITHUB_REPOSITORY"), await FindAsync(null, "a/variable", checkout));
        Assert.Equal(("acme/remote", "the git remote origin"), await FindAsync(null, null, checkout));
    }

    [Theory]
    [InlineData("https://github.com/acme/web")]
    [InlineData("https://github.com/acme/web.git")]
    [InlineData("https://github.com/acme/web/")]
    [InlineData("https://user:t0ken@github.com/acme/web.git")]
    [InlineData("HTTPS://GitHub.com:443/acme/web.git")]
    [InlineData("https://www.github.com/acme/web")]
    [InlineData("ssh://git@github.com/acme/web.git")]
    [InlineData("ssh://git@ssh.github.com:443/acme/web.git")]
    [InlineData("git+ssh://git@github.com/acme/web")]
    [InlineData("git://github.com/acme/web.git")]
    [InlineData("git@github.com:acme/web.git")]
    [InlineData("git@github.com:/acme/web")]
    [InlineData("github.com:acme/web")]
    public async Task A_remote_is_read_however_it_is_written(string url) => Assert.Equal("acme/web", (await FindAsync(null, null, Checkout(url))).Name);

    [Theory]
    [InlineData("https://git.acme.example/team/app.git", "https://git.acme.example/api/v3/")]
    [InlineData("git@git.acme.example:team/app.git", "https://git.acme.example/api/v3/")]
    [InlineData("ssh://git@git.acme.example:2222/team/app", "https://git.acme.example/api/v3/")]
    [InlineData("https://acme.ghe.com/team/app", "https://api.acme.ghe.com/")]
    public async Task An_enterprise_has_a_host_of_its_own(string url, string api) =>
        Assert.Equal("team/app", (await RepositoryFinder.FindAsync(null, null, Checkout(url), new(api), default)).Name.ToString());

    [Theory]
    [InlineData("https://gitlab.com/acme/web.git", "is on gitlab.com, not on github.com")]
    [InlineData("https://github.com.evil.example/acme/web.git", "is on github.com.evil.example, not on github.com")]
    [InlineData("https://u:hunter2@gitlab.com/acme/web.git", "is on gitlab.com")]
    [InlineData("/srv/git/web.git", "is on no host")]
    [InlineData("../web", "is on no host")]
    [InlineData("file:///srv/git/web.git", "is on no host")]
    [InlineData("https://github.com/acme", "names no repository")]
    [InlineData("https://github.com/acme/web/tree/main", "names no repository")]
    [InlineData("https://u:hunter2@github.com/x", "names no repository")]
    [InlineData("", "git has no remote \"origin\" here")]
    public async Task What_is_elsewhere_or_nothing_is_an_error_with_a_hint(string url, string why)
    {
        var failure = await Assert.ThrowsAsync<MillException>(() => FindAsync(null, null, Checkout(url)));
        Assert.Equal(MillError.Usage, failure.Error);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.Contains("--repo OWNER/NAME", failure.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.Message + failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_checkout_at_all_is_an_error()
    {
        var failure = await Assert.ThrowsAsync<MillException>(() => RepositoryFinder.FindAsync(null, null, null, Enterprise, default));
        Assert.Equal((MillError.Usage, "Nothing says which repository is meant: there is no GITHUB_REPOSITORY, and this is no checkout of git."), (failure.Error, failure.Message));
    }

    [Theory]
    [InlineData("acme", null)]
    [InlineData("https://github.com/acme/web", null)]
    [InlineData(null, "acme/web/x")]
    public async Task What_is_named_must_be_a_repository(string? named, string? variable) =>
        Assert.Equal(MillError.Usage, (await Assert.ThrowsAsync<MillException>(() => FindAsync(named, variable, Checkout("https://github.com/acme/web")))).Error);

    [Fact]
    public async Task A_checkout_is_found_from_below()
    {
        _ = Checkout("https://github.com/acme/web");
        var below = Directory.CreateDirectory(Path.Combine(_directory, "src", "deep")).FullName;
        var found = GitDirectory.Find(below);
        Assert.Equal(_directory, found!.Root);
        Assert.Equal("acme/web", (await FindAsync(null, null, found)).Name);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_worktree_has_the_remote_of_its_repository(bool isRelative)
    {
        _ = Checkout("git@github.com:acme/web.git", "main");
        var inner = Directory.CreateDirectory(Path.Combine(_directory, "main", ".git", "worktrees", "wt")).FullName;
        await File.WriteAllTextAsync(Path.Combine(inner, "commondir"), "../..\n");
        var tree = Directory.CreateDirectory(Path.Combine(_directory, "wt")).FullName;
        await File.WriteAllTextAsync(Path.Combine(tree, ".git"), $"gitdir: {(isRelative ? "../main/.git/worktrees/wt" : inner)}\n");
        var found = GitDirectory.Find(tree);
        Assert.Equal(tree, found!.Root);
        Assert.Equal("acme/web", (await FindAsync(null, null, found)).Name);
    }

    [Fact]
    public async Task A_submodule_has_a_remote_of_its_own()
    {
        _ = Checkout("https://github.com/acme/outer");
        var modules = Directory.CreateDirectory(Path.Combine(_directory, ".git", "modules", "lib")).FullName;
        await File.WriteAllTextAsync(Path.Combine(modules, "config"), "[remote \"origin\"]\n\turl = https://github.com/acme/lib\n");
        var lib = Directory.CreateDirectory(Path.Combine(_directory, "lib")).FullName;
        await File.WriteAllTextAsync(Path.Combine(lib, ".git"), "gitdir: ../.git/modules/lib\n");
        Assert.Equal("acme/lib", (await FindAsync(null, null, GitDirectory.Find(lib))).Name);
    }

    [Theory]
    [InlineData("[remote \"origin\"]\n\turl = u\n", "u")]
    [InlineData("[core]\n\turl = no\n[remote \"upstream\"]\n\turl = no\n[Remote \"origin\"]\n\tfetch = +refs\n\tURL=u # why\n\turl = second\n", "u")]
    [InlineData("[remote \"origin\"] url = u\n", "u")]
    [InlineData("[remote.origin]\n url = u ; x\n", "u")]
    [InlineData("[remote \"origin\"]\n url = \" u # ;\" \n", " u # ;")]
    [InlineData("[remote \"origin\"]\r\n url = u\\\r\nv\r\n", "uv")]
    [InlineData("[remote \"origin\"]\n url = a\\\\b\n", "a\\b")]
    [InlineData("[remote \"Origin\"]\n url = u\n", null)]
    [InlineData("# [remote \"origin\"]\n# url = u\n", null)]
    [InlineData("[remote \"origin\"]\n pushurl = u\n[x]\n url = u\n", null)]
    [InlineData("[remote \"origin", null)]
    [InlineData("", null)]
    public void The_configuration_of_git_is_read_as_git_reads_it(string text, string? expected) => Assert.Equal(expected, GitConfig.RemoteUrl(text, "origin"));

    private static async Task<(string Name, string Source)> FindAsync(string? named, string? variable, GitDirectory? checkout)
    {
        var found = await RepositoryFinder.FindAsync(named, variable, checkout, GitHubOptions.DefaultAddress, default);
        return (found.Name.ToString(), found.Source);
    }

    private GitDirectory? Checkout(string url, string below = "")
    {
        var root = Path.Combine(_directory, below);
        Directory.CreateDirectory(Path.Combine(root, ".git"));
        File.WriteAllText(Path.Combine(root, ".git", "config"), $"[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
        return GitDirectory.Find(root);
    }
}
