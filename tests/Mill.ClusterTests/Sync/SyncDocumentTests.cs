using System.Diagnostics;
using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Processes;
using Mill.Testing.GitHub;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Sync;

/// <summary>What the documents tell people to type about GitHub is typed, in a checkout, with a vault and a GitHub.</summary>
public sealed class SyncDocumentTests(ITestOutputHelper output)
{
    private const string File =
        """
        require: [DEPLOY_KEY, NPM_TOKEN]
        targets:
          - to: acme/web
            secrets: { DB_PASSWORD: db/password }
          - to: acme/web@prod
            secrets: { API_KEY: api/key }
        """;

    private const int Ended = 124; // of timeout(1)

    [Fact]
    public async Task Every_command_about_GitHub_works()
    {
        await using var github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        var acme = github.AddOrganization("acme");
        var (web, source) = (acme.AddRepository("web"), acme.AddRepository("devops"));
        foreach (var environment in (string[])["production", "prod"]) web.AddEnvironment(environment);
        foreach (var name in (string[])["DEPLOY_KEY", "NPM_TOKEN"]) web.Secrets.Put(name, "1");
        foreach (var name in (string[])["REGISTRY_PASSWORD", "POSTGRES_PASSWORD"]) source.Secrets.Put(name, "1");
        source.AddWorkflow(new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, RunTime = TimeSpan.Zero });
        using var sandbox = new Sandbox();
        await using var vault = await MillServer.StartAsync(sandbox);
        foreach (var name in (string[])["db%2Fpassword", "api%2Fkey"]) Assert.Equal(201, (await vault.Api.SetAsync(name, "value")).Status);
        using var checkout = new Sandbox();
        Directory.CreateDirectory(Path.Combine(checkout.Root, ".git"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(checkout.Root, "mill-sync.yaml"), File);

        var lines = Page.All().SelectMany(page => page.CommandsForGitHub).ToList();
        Assert.True(lines.Count >= 15, $"{lines.Count} lines");
        foreach (var line in lines)
        {
            var isEndless = line.StartsWith("mill sync watch", StringComparison.Ordinal);
            var code = await TypeAsync(isEndless ? $"timeout 5 {line}" : line, checkout, new()
            {
                ["MILL_ADDRESS"] = vault.Address,
                ["MILL_TOKEN"] = sandbox.Token!,
                ["GITHUB_API_URL"] = github.Address.ToString(),
                ["GH_PAT"] = github.AddToken(FakeToken.Classic(["acme"], "repo")).Text,
                ["GITHUB_REPOSITORY"] = "acme/web",
                ["MILL_EXPORT_PAYLOAD"] = """{"request_id":"1","target_repo":"acme/web","secrets":["EXPORTED"]}""",
                ["MILL_EXPORT_POLICY"] = "allow EXPORTED acme/*",
                ["MILL_EXPORT_NAME_0"] = "EXPORTED",
                ["MILL_EXPORT_VALUE_0"] = "value",
            });
            Assert.True(code == (isEndless ? Ended : 0), $"{line}: {code}");
        }
        Assert.Equal(["DB_PASSWORD", "DEPLOY_KEY", "EXPORTED", "NPM_TOKEN", "POSTGRES_PASSWORD", "REGISTRY_PASSWORD"], web.Secrets.Names);
        Assert.Equal("value", web.Environment("prod").Text("API_KEY"));
        Assert.Empty(github.Violations);
    }

    private async Task<int> TypeAsync(string line, Sandbox checkout, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = checkout.Root };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GH_", StringComparison.Ordinal) || name.StartsWith("GITHUB_", StringComparison.Ordinal) || name.StartsWith("MILL_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in checkout.Environment().Concat(variables)) start.Environment[name] = value;
        start.Environment["PATH"] = $"{Path.GetDirectoryName(MillExecutable.Path)}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        output.WriteLine($"> {line}\n{await said}{await errors}");
        return process.ExitCode;
    }
}
