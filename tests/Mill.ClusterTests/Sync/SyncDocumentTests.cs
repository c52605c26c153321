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
    private const int Ended = 124; // of timeout(1)

    [Fact]
    public async Task Every_command_about_GitHub_works()
    {
        await using var github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        var acme = github.AddOrganization("acme");
        var (web, source) = (acme.AddRepository("web"), acme.AddRepository("devops"));
        web.AddEnvironment("production");
        foreach (var name in (string[])["REGISTRY_PASSWORD", "POSTGRES_PASSWORD"]) source.Secrets.Put(name, "1");
        source.AddWorkflow(new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, RunTime = TimeSpan.Zero });
        using var sandbox = new Sandbox();
        await using var vault = await MillServer.StartAsync(sandbox);
        foreach (var name in (string[])["ci%2Fnpm-token", "web%2Fproduction%2Fdeploy.key", "web%2Fproduction%2Fdeploy.user", "web%2Fproduction%2Fdeploy.host"])
            Assert.Equal(201, (await vault.Api.SetAsync(name, "value")).Status);
        using var checkout = new Sandbox();
        Directory.CreateDirectory(Path.Combine(checkout.Root, ".git"));
        await File.WriteAllTextAsync(Path.Combine(checkout.Root, "mill-sync.yaml"), Sample());

        // The page of sync itself first: the others take for granted what it made.
        var lines = Page.All().OrderBy(page => !page.Path.EndsWith("sync.md", StringComparison.Ordinal)).SelectMany(page => page.CommandsForGitHub).ToList();
        Assert.True(lines.Count >= 20, $"{lines.Count} lines");
        foreach (var line in lines)
        {
            var isEndless = line.StartsWith("mill sync watch", StringComparison.Ordinal);
            var code = await TypeAsync(isEndless ? $"timeout 5 {line}" : line, checkout, new()
            {
                ["MILL_ADDRESS"] = vault.Address,
                ["MILL_TOKEN"] = sandbox.Token!,
                ["GITHUB_API_URL"] = github.Address.ToString(),
                ["GH_PAT"] = github.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org")).Text,
                ["GITHUB_REPOSITORY"] = "acme/web",
                ["MILL_EXPORT_PAYLOAD"] = """{"request_id":"1","target_repo":"acme/web","secrets":["EXPORTED"]}""",
                ["MILL_EXPORT_POLICY"] = "allow EXPORTED acme/*",
                ["MILL_EXPORT_NAME_0"] = "EXPORTED",
                ["MILL_EXPORT_VALUE_0"] = "value",
            });
            Assert.True(code == (isEndless ? Ended : 0), $"{line}: {code}");
        }
        Assert.Equal(["EXPORTED", "NPM_TOKEN", "POSTGRES_PASSWORD", "REGISTRY_PASSWORD"], web.Secrets.Names);
        Assert.Equal(["DEPLOY_HOST", "DEPLOY_KEY", "DEPLOY_USER"], web.Environment("production").Names);
        Assert.Equal("value", web.Secrets.Text("NPM_TOKEN"));
        Assert.Empty(github.Violations);
    }

    [Fact]
    public void The_page_says_where_values_are_plain_text()
    {
        var text = string.Join(' ', Page.All().Single(page => page.Path.EndsWith("sync.md", StringComparison.Ordinal)).Text.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("a secret is plain text on every runner whose workflow uses it", text, StringComparison.Ordinal);
        Assert.Contains("The values are plain text in the memory of that runner", text, StringComparison.Ordinal);
    }

    /// <summary>The file as the page has it.</summary>
    private static string Sample()
    {
        var text = Page.All().Single(page => page.Path.EndsWith("sync.md", StringComparison.Ordinal)).Text;
        var begin = text.IndexOf("```yaml\n", StringComparison.Ordinal) + "```yaml\n".Length;
        return text[begin..text.IndexOf("```", begin, StringComparison.Ordinal)];
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
