using System.Diagnostics;
using System.Text;
using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Processes;
using Mill.Testing.GitHub;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Sync;

/// <summary>A build that lacks secrets gets them, from the vault and from the repository that has them; and a rotation goes on by itself.</summary>
public sealed class BuildScriptTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Sandbox _sandbox = new();
    private readonly Sandbox _build = new();
    private FakeGitHub _github = null!;
    private FakeOwner _owner = null!;
    private FakeRepository _backend = null!;
    private FakeToken _token = null!;
    private MillServer _vault = null!;

    private string SyncFile => Path.Combine(_build.Root, "mill-sync.yaml");

    public async Task InitializeAsync()
    {
        _github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        _owner = _github.AddOrganization("Bengo-Hub");
        _backend = _owner.AddRepository("isp-billing-backend");
        _token = _github.AddToken(FakeToken.Classic(["Bengo-Hub"], "repo"));
        var source = _owner.AddRepository("devops-k8s");
        source.Secrets.Put("REGISTRY_PASSWORD", "canary-registry");
        source.AddWorkflow(new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, Play = ExportAsync });
        _vault = await MillServer.StartAsync(_sandbox);
        Assert.Equal(201, (await _vault.Api.SetAsync("ci%2Fpostgres", "canary-postgres")).Status);
    }

    public async Task DisposeAsync()
    {
        await _vault.DisposeAsync();
        await _github.DisposeAsync();
    }

    public void Dispose()
    {
        _sandbox.Dispose();
        _build.Dispose();
    }

    [Fact]
    public async Task Of_three_secrets_one_is_there_one_comes_from_the_vault_and_one_from_the_source()
    {
        _backend.Secrets.Put("GIT_TOKEN", "there");
        await File.WriteAllTextAsync(SyncFile, "targets:\n  - to: Bengo-Hub/isp-billing-backend\n    secrets:\n      POSTGRES_PASSWORD: ci/postgres\n");
        var (code, said) = await BuildAsync("""
            check_and_sync_secrets "REGISTRY_PASSWORD" "POSTGRES_PASSWORD" "GIT_TOKEN"
            echo "the build goes on"
            """);
        Assert.Equal(0, code);
        Assert.EndsWith("the build goes on\n", said, StringComparison.Ordinal);
        Assert.Equal(("canary-registry", "canary-postgres", "there"), (_backend.Secrets.Text("REGISTRY_PASSWORD"), _backend.Secrets.Text("POSTGRES_PASSWORD"), _backend.Secrets.Text("GIT_TOKEN")));
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        Assert.Empty(_github.Violations);
        Assert.Equal(["REGISTRY_PASSWORD"], Assert.Single(_github.Dispatches).Payload["secrets"]!.AsArray().Select(name => name!.ToString()));
    }

    [Fact]
    public async Task A_build_without_a_token_or_a_repository_does_not_go_on()
    {
        var (code, said) = await BuildAsync("check_and_sync_secrets A\necho went on", ("GH_PAT", ""));
        Assert.Equal(4, code);
        Assert.Contains("No auth token (GH_PAT or GITHUB_TOKEN) available", said, StringComparison.Ordinal);
        (code, said) = await BuildAsync("check_and_sync_secrets A\necho went on", ("GITHUB_REPOSITORY", ""));
        Assert.Equal(2, code);
        Assert.DoesNotContain("went on", said, StringComparison.Ordinal);
        (code, _) = await BuildAsync("check_and_sync_secrets NO_SUCH");
        Assert.Equal(3, code);
        (code, _) = await BuildAsync("check_and_sync_secrets");
        Assert.Equal(2, code);
        // As one repository of another source asks, and whoever has a function of their own around it.
        (code, _) = await BuildAsync("""
            export_service_secrets() { case "$1" in isp-billing) check_and_sync_secrets "REGISTRY_PASSWORD" ;; esac; }
            SOURCE_SECRETS_REPO="Bengo-Hub/devops-k8s/docs" export_service_secrets isp-billing
            """);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_rotation_in_the_vault_reaches_three_repositories_by_itself()
    {
        List<FakeRepository> repositories = [_backend, _owner.AddRepository("truload-backend"), _owner.AddRepository("ordering-backend")];
        await File.WriteAllTextAsync(SyncFile, "targets:\n" + string.Concat(repositories.Select(repository => $"  - to: {repository.FullName}\n    secrets: {{ POSTGRES_PASSWORD: ci/postgres }}\n")));
        await using var watch = MillProcess.Start(_build, ["sync", "watch", "--file", SyncFile], Variables());
        await Until.TrueAsync("the first push", Patience, () => Task.FromResult(repositories.TrueForAll(repository => repository.Secrets.Text("POSTGRES_PASSWORD") is "canary-postgres")));
        Assert.Equal(200, (await _vault.Api.SetAsync("ci%2Fpostgres", "canary-rotated")).Status);
        await Until.TrueAsync("the rotation", Patience, () => Task.FromResult(repositories.TrueForAll(repository => repository.Secrets.Text("POSTGRES_PASSWORD") is "canary-rotated")));
        watch.Send(Signal.Terminate);
        await watch.ExitAsync();
        Assert.DoesNotContain("canary", watch.Output + watch.Errors, StringComparison.Ordinal);
        Assert.Empty(_github.Violations);
    }

    private Dictionary<string, string> Variables() => new()
    {
        ["MILL_ADDRESS"] = _vault.Address,
        ["MILL_TOKEN"] = _sandbox.Token!,
        ["GITHUB_API_URL"] = _github.Address.ToString(),
        ["GH_PAT"] = _token.Text,
        ["GITHUB_REPOSITORY"] = "Bengo-Hub/isp-billing-backend",
    };

    private async Task<(int Code, string Said)> BuildAsync(string lines, params (string Name, string Value)[] changes)
    {
        var script = Path.Combine(_build.Root, "build.sh");
        await File.WriteAllTextAsync(script, $"set -euo pipefail\nsource {Path.Combine(Page.Root, "scripts", "check-and-sync-secrets.sh")}\n{lines}\n");
        var start = new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _build.Root };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GH_", StringComparison.Ordinal) || name.StartsWith("GITHUB_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in _build.Environment().Concat(Variables())) start.Environment[name] = value;
        start.Environment["MILL"] = MillExecutable.Path;
        foreach (var (name, value) in changes) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        output.WriteLine($"$ {lines}\n{await errors}{await said}");
        return (process.ExitCode, await errors + await said);
    }

    /// <summary>The step of the workflow, as its file has it.</summary>
    private async Task<bool> ExportAsync(FakeWorkflowJob job, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>
        {
            ["GITHUB_API_URL"] = _github.Address.ToString(),
            ["GITHUB_ACTIONS"] = "true",
            ["GH_PAT"] = _token.Text,
            ["MILL_EXPORT_PAYLOAD"] = job.Payload.ToJsonString(),
            ["MILL_EXPORT_POLICY"] = "allow REGISTRY_PASSWORD Bengo-Hub/*",
        };
        foreach (var (name, place) in job.Payload["secrets"]!.AsArray().Select((name, place) => (name!.ToString(), place)))
            (variables[$"MILL_EXPORT_NAME_{place}"], variables[$"MILL_EXPORT_VALUE_{place}"]) = (name, job.Secrets.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : "");
        using var sandbox = new Sandbox();
        await using var export = MillProcess.Start(sandbox, ["sync", "export"], variables);
        return await export.ExitAsync().WaitAsync(cancellationToken) is 0;
    }
}
