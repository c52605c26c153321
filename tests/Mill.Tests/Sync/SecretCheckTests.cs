using System.Globalization;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Requirements;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SecretCheckTests : IAsyncLifetime
{
    private static readonly RepositoryName Web = RepositoryName.TryParse("acme/web", out var name) ? name : throw new InvalidOperationException();

    private readonly HastyTime _time = new();
    private FakeGitHub _github = null!;
    private FakeOwner _acme = null!;
    private FakeRepository _web = null!;

    public async Task InitializeAsync()
    {
        _github = await FakeGitHub.StartAsync(new() { Time = _time });
        _acme = _github.AddOrganization("acme");
        _web = _acme.AddRepository("web");
    }

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task An_environment_counts_before_the_repository_and_that_before_the_organization()
    {
        foreach (var name in new[] { "A", "B", "C" }) _acme.Secrets.Put(name, "org");
        foreach (var name in new[] { "A", "B" }) _web.Secrets.Put(name, "repo");
        _web.AddEnvironment("production").Put("A", "env");
        var report = await CheckAsync(Needs("A@production", "B@production", "C@production", "a", "D@production", "D"));
        Assert.Equal(["acme/web@production", "acme/web", "acme", "acme/web", null, null], report.Findings.Select(finding => finding.Standing.Where?.ToString()));
        Assert.Equal(["D", "D"], report.In(SecretState.Missing).Select(finding => finding.Required.Name));
        Assert.Empty(report.Failures);
    }

    [Fact]
    public async Task A_check_asks_twice_and_once_for_each_environment()
    {
        _web.AddEnvironment("a");
        _web.AddEnvironment("b");
        await CheckAsync(Needs("X", "Y"));
        Assert.Equal(2, _github.Requests.Count);
        await CheckAsync(Needs("X@a", "Y@A", "X@b", "Z"));
        Assert.Equal(2 + 4, _github.Requests.Count);
        Assert.All(_github.Requests, request => Assert.Equal("GET", request.Method));
        Assert.Empty(_github.Violations);
    }

    [Fact]
    public async Task A_token_that_may_only_read_secrets_is_enough()
    {
        _web.Secrets.Put("A", "x");
        _acme.Secrets.Put("B", "x");
        _web.AddEnvironment("prod").Put("C", "x");
        var report = await CheckAsync(Needs("A", "B", "C@prod"), token: _github.AddToken(FakeToken.FineGrained("acme", "secrets=read", "environments=read")));
        Assert.All(report.Findings, finding => Assert.Equal(SecretState.Present, finding.Standing.State));
    }

    [Fact]
    public async Task Many_secrets_come_over_several_pages()
    {
        for (var i = 0; i < 100; i++) _web.Secrets.Put(string.Create(CultureInfo.InvariantCulture, $"R{i:000}"), "x");
        for (var i = 0; i < 250; i++) _acme.Secrets.Put(string.Create(CultureInfo.InvariantCulture, $"O{i:000}"), "x");
        var report = await CheckAsync(Needs("r099", "o000", "o099", "o100", "o249", "none"));
        Assert.Equal(["R099", "O000", "O099"], report.In(SecretState.Present).Select(finding => finding.Required.Name));
        // They are there, and too many to reach a workflow.
        Assert.Equal(["O100", "O249", "NONE"], report.In(SecretState.Missing).Select(finding => finding.Required.Name));
        Assert.Single(report.Findings[3].Standing.Reasons);
        Assert.Empty(report.Findings[5].Standing.Reasons);
    }

    [Fact]
    public async Task A_page_that_fails_makes_unknown_what_was_not_found_elsewhere()
    {
        for (var i = 0; i < 250; i++) _acme.Secrets.Put(string.Create(CultureInfo.InvariantCulture, $"O{i:000}"), "x");
        _web.Secrets.Put("A", "x");
        _github.Inject(FakeFault.ErrorOnPage(2));
        var report = await CheckAsync(Needs("A", "O000", "NONE"));
        Assert.Equal([SecretState.Present, SecretState.Unknown, SecretState.Unknown], report.Findings.Select(finding => finding.Standing.State));
        var failure = Assert.Single(report.Failures);
        Assert.Equal(("acme", MillError.Unreachable), (failure.Scope.ToString(), failure.Failure.Error));
    }

    [Fact]
    public async Task What_cannot_be_read_does_not_keep_the_rest_from_being_read()
    {
        _web.Secrets.Put("A", "x");
        _acme.Secrets.Put("B", "x");
        var report = await CheckAsync(Needs("A@nowhere", "B@nowhere", "C@nowhere", "C"));
        Assert.Equal([SecretState.Present, SecretState.Present, SecretState.Unknown, SecretState.Missing], report.Findings.Select(finding => finding.Standing.State));
        Assert.Equal("acme/web@nowhere", Assert.Single(report.Failures).Scope.ToString());
        Assert.Contains("acme/web@nowhere could not be read", Assert.Single(report.Findings[2].Standing.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_environment_that_is_computed_makes_unknown_what_is_nowhere_else()
    {
        _web.Secrets.Put("A", "x");
        var report = await CheckAsync([Need("A", new(Name: null)), Need("B", new(Name: null))]);
        Assert.Equal([SecretState.Present, SecretState.Unknown], report.Findings.Select(finding => finding.Standing.State));
        Assert.Empty(report.Failures);
        Assert.Equal(2, _github.Requests.Count);
    }

    [Fact]
    public async Task A_token_that_is_refused_makes_everything_unknown()
    {
        var token = _github.AddToken(FakeToken.Classic(["acme"], "repo"));
        _github.Revoke(token);
        var report = await CheckAsync(Needs("A", "B"), token: token);
        Assert.All(report.Findings, finding => Assert.Equal(SecretState.Unknown, finding.Standing.State));
        Assert.All(report.Failures, failure => Assert.Equal(MillError.Unauthenticated, failure.Failure.Error));
    }

    [Fact]
    public async Task A_person_has_no_secrets_to_pass_on()
    {
        _github.AddPerson("jo").AddRepository("site").Secrets.Put("A", "x");
        Assert.True(RepositoryName.TryParse("jo/site", out var site));
        var report = await CheckAsync(Needs("A", "B"), repository: site, token: _github.AddToken(FakeToken.Classic(["jo"], "repo")));
        Assert.Equal([SecretState.Present, SecretState.Missing], report.Findings.Select(finding => finding.Standing.State));
    }

    [Fact]
    public async Task Another_store_is_another_view()
    {
        _web.Secrets.Put("A", "x");
        _web.Store(FakeStore.Dependabot).Put("B", "x");
        _acme.Store(FakeStore.Dependabot).Put("C", "x");
        var token = _github.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org"));
        var report = await CheckAsync(Needs("A", "B", "C"), SecretStore.Dependabot, token: token);
        // Which repositories see what an organization has, GitHub says of Actions only.
        Assert.Equal([SecretState.Missing, SecretState.Present, SecretState.Unknown], report.Findings.Select(finding => finding.Standing.State));
        Assert.Equal("acme/web:dependabot", report.Findings[1].Standing.Where!.ToString());

        var blind = await CheckAsync(Needs("A", "B"), SecretStore.Dependabot);
        Assert.Equal([SecretState.Unknown, SecretState.Present], blind.Findings.Select(finding => finding.Standing.State));
    }

    [Fact]
    public async Task A_hundred_repositories_with_twenty_secrets_each_take_two_requests_each()
    {
        var names = Enumerable.Range(0, 20).Select(i => $"N{i}").ToArray();
        var credentials = new TokenCredentials(SecretValue.FromText(_github.AddToken(FakeToken.Classic(["acme"], "repo")).Text));
        using var client = new GitHubClient(new() { Address = _github.Address, Credentials = credentials, Time = _time, Timeout = HastyTime.Never });
        for (var i = 0; i < 100; i++)
        {
            var repository = _acme.AddRepository($"r{i}");
            foreach (var name in names.Skip(1)) repository.Secrets.Put(name, "x");
            Assert.True(RepositoryName.TryParse(repository.FullName, out var asked));
            var report = await new SecretCheck(client).RunAsync(asked, SecretStore.Actions, Needs(names), default);
            Assert.Equal("N0", Assert.Single(report.In(SecretState.Missing)).Required.Name);
        }
        Assert.Equal(200, _github.Requests.Count);
        Assert.Empty(_github.Violations);
    }

    [Fact]
    public async Task A_name_that_is_nearly_there_is_mentioned()
    {
        _web.Secrets.Put("DEPLOY_KEY", "x");
        var report = await CheckAsync(Needs("DEPLOY_KYE", "OTHER"));
        Assert.Equal(["DEPLOY_KEY", null], report.Findings.Select(finding => finding.Similar));
    }

    private async Task<SecretReport> CheckAsync(IReadOnlyList<RequiredSecret> required, SecretStore store = SecretStore.Actions, RepositoryName? repository = null, FakeToken? token = null)
    {
        var credentials = new TokenCredentials(SecretValue.FromText((token ?? _github.AddToken(FakeToken.Classic(["acme"], "repo"))).Text));
        using var client = new GitHubClient(new() { Address = _github.Address, Credentials = credentials, Time = _time, Timeout = HastyTime.Never });
        return await new SecretCheck(client).RunAsync(repository ?? Web, store, required, default);
    }

    private static IReadOnlyList<RequiredSecret> Needs(params string[] names) => [.. names.Select(name => Need(name.Split('@')[0].ToUpperInvariant(), name.Split('@') is [_, var environment] ? new(environment) : null))];

    private static RequiredSecret Need(string name, JobEnvironment? environment) => new(name, environment, null, []);
}
