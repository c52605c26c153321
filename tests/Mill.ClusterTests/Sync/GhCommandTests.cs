using System.Diagnostics;
using System.Text;
using Mill.ClusterTests.Etcd;
using Mill.ClusterTests.Processes;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.ClusterTests.Sync;

/// <summary>GitHub's own command against the fake, over TLS: to it the fake is a server of one's own.</summary>
public sealed class GhCommandTests : IAsyncLifetime, IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly TestAuthority _authority = new();
    private FakeGitHub _gitHub = null!;
    private FakeOwner _acme = null!;
    private FakeRepository _web = null!;
    private FakeToken _token = null!;

    private string Host => $"{_gitHub.Address.Host}:{_gitHub.Address.Port}";

    private string[] Web => ["--repo", $"{Host}/acme/web"];

    public async Task InitializeAsync()
    {
        _gitHub = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System, Certificate = _authority.IssueMember("github") });
        _acme = _gitHub.AddOrganization("acme");
        _web = _acme.AddRepository("web");
        _token = _gitHub.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org"));
    }

    public async Task DisposeAsync() => await _gitHub.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        _sandbox.Dispose();
    }

    [Fact]
    public async Task A_secret_is_set_listed_and_deleted()
    {
        await GhAsync(["secret", "set", "db_password", "--body", "pässword\nline 2", .. Web]);
        Assert.Equal("pässword\nline 2", _web.Secrets.Text("DB_PASSWORD"));

        Assert.Equal(["DB_PASSWORD"], await ListAsync(Web));
        await GhAsync(["secret", "delete", "DB_PASSWORD", .. Web]);

        Assert.Empty(_web.Secrets.Names);
        Assert.Empty(await ListAsync(Web));
        Assert.Empty(_gitHub.Violations);
        Assert.All(_gitHub.Requests, request => Assert.StartsWith("/api/v3/repos/acme/web/actions/secrets", request.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_kind_of_store_is_reached()
    {
        var production = _web.AddEnvironment("production");
        await GhAsync(["secret", "set", "NAME", "--body", "of the environment", "--env", "production", .. Web]);
        await GhAsync(["secret", "set", "NAME", "--body", "for Dependabot", "--app", "dependabot", .. Web]);
        await GhAsync(["secret", "set", "NAME", "--body", "of the organization", "--org", "acme", "--visibility", "all"]);

        Assert.Equal("of the environment", production.Text("NAME"));
        Assert.Equal("for Dependabot", _web.Store(FakeStore.Dependabot).Text("NAME"));
        Assert.Equal(("of the organization", "all"), (_acme.Secrets.Text("NAME"), _acme.Secrets.Find("NAME")!.Visibility));
        Assert.Empty(_web.Secrets.Names);
        Assert.Equal(["NAME"], await ListAsync(["--env", "production", .. Web]));
    }

    [Fact]
    public async Task A_value_can_come_through_standard_input_and_loses_the_line_ends_behind_it()
    {
        await GhAsync(["secret", "set", "NAME", .. Web], input: "line 1\nline 2\r\n\n");

        Assert.Equal("line 1\nline 2", _web.Secrets.Text("NAME"));
    }

    [Fact]
    public async Task Many_are_set_from_a_file_and_more_than_a_page_is_listed()
    {
        for (var number = 0; number < 240; number++) _acme.Secrets.Put($"OLD_{number:000}", "value");
        var file = Path.Combine(_sandbox.Root, ".env");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 10).Select(number => $"NEW_{number}=value {number}"));
        await GhAsync(["secret", "set", "--env-file", file, "--org", "acme", "--visibility", "private"]);

        Assert.Equal(_acme.Secrets.Names.Order(StringComparer.Ordinal), (await ListAsync(["--org", "acme"])).Order(StringComparer.Ordinal));
        Assert.Equal("value 7", _acme.Secrets.Text("NEW_7"));
        Assert.Equal(250, _acme.Secrets.Names.Count);
    }

    [Fact]
    public async Task What_is_refused_is_told_in_the_words_of_the_server()
    {
        Assert.Contains("HTTP 422: Secret names must not start with GITHUB_.", await RefusedAsync(["secret", "set", "GITHUB_NAME", "--body", "value", .. Web]), StringComparison.Ordinal);
        Assert.Contains("HTTP 404", await RefusedAsync(["secret", "delete", "UNKNOWN", .. Web]), StringComparison.Ordinal);
        Assert.Contains("HTTP 404", await RefusedAsync(["secret", "set", "NAME", "--body", "value", "--env", "unknown", .. Web]), StringComparison.Ordinal);
        _gitHub.Revoke(_token);
        Assert.Contains("HTTP 401: Bad credentials", await RefusedAsync(["secret", "list", .. Web]), StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<string>> ListAsync(string[] arguments)
    {
        var (code, said, errors) = await RunAsync(["secret", "list", .. arguments], "");
        // Where there is none it says so, and some versions call that a failure.
        Assert.True(code == 0 || errors.StartsWith("no secrets found", StringComparison.Ordinal), errors);
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])];
    }

    private async Task GhAsync(string[] arguments, string input = "")
    {
        var (code, _, errors) = await RunAsync(arguments, input);
        Assert.True(code == 0, errors);
    }

    private async Task<string> RefusedAsync(string[] arguments)
    {
        var (code, _, errors) = await RunAsync(arguments, "");
        Assert.NotEqual(0, code);
        return errors;
    }

    private async Task<(int Code, string Said, string Errors)> RunAsync(string[] arguments, string input)
    {
        var start = new ProcessStartInfo("gh", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false) };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GH_", StringComparison.Ordinal) || name.StartsWith("GITHUB_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in _sandbox.Environment()) start.Environment[name] = value;
        start.Environment["GH_HOST"] = Host;
        start.Environment["GH_ENTERPRISE_TOKEN"] = _token.Text;
        start.Environment["GH_NO_UPDATE_NOTIFIER"] = "1";
        start.Environment["GH_PROMPT_DISABLED"] = "1";
        start.Environment["SSL_CERT_FILE"] = _authority.AuthorityFile;
        using var process = Process.Start(start)!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        return (process.ExitCode, await said, await errors);
    }
}
