using System.Diagnostics;
using System.Text;
using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Etcd;
using Mill.ClusterTests.Processes;
using Mill.Testing.GitHub;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Sync;

/// <summary>
/// A build that lacks secrets gets them, from the vault and from the repository that has them; and a rotation goes on by itself. To all who take part the fake is a GitHub Enterprise Server, because gh(1) can be told of no other.
/// </summary>
public sealed class BuildScriptTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Sandbox _sandbox = new();
    private readonly Sandbox _build = new();
    private readonly TestAuthority _authority = new();
    private FakeGitHub _github = null!;
    private FakeOwner _owner = null!;
    private FakeRepository _backend = null!;
    private FakeRepository _source = null!;
    private FakeToken _token = null!;
    private MillServer _vault = null!;
    private string _policy = "allow REGISTRY_PASSWORD Bengo-Hub/* by bengo-ci";

    private string SyncFile => Path.Combine(_build.Root, "mill-sync.yaml");

    public async Task InitializeAsync()
    {
        _github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System, Certificate = _authority.IssueMember("github") });
        _owner = _github.AddOrganization("Bengo-Hub");
        _backend = _owner.AddRepository("isp-billing-backend");
        _token = _github.AddToken(FakeToken.Classic(["Bengo-Hub"], "repo"));
        _source = _owner.AddRepository("devops-k8s");
        _source.Secrets.Put("REGISTRY_PASSWORD", "canary-registry");
        _source.AddWorkflow(new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, Play = ExportAsync });
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
        _authority.Dispose();
    }

    [Fact]
    public async Task A_build_gets_what_it_lacks_a_rotation_goes_on_by_itself_and_gh_agrees()
    {
        List<FakeRepository> repositories = [_backend, _owner.AddRepository("truload-backend"), _owner.AddRepository("ordering-backend")];
        _backend.Secrets.Put("GIT_TOKEN", "there");
        await WriteTargetsAsync(repositories);

        var (code, said) = await TypeAsync("mill sync check REGISTRY_PASSWORD POSTGRES_PASSWORD GIT_TOKEN");
        Assert.Equal(3, code);
        Assert.Contains("2 secrets missing in Bengo-Hub/isp-billing-backend: REGISTRY_PASSWORD, POSTGRES_PASSWORD.", said, StringComparison.Ordinal);

        // The example as it always was.
        (code, said) = await BuildAsync("""
            source $DEVOPS_REPO/scripts/tools/check-and-sync-secrets.sh
            check_and_sync_secrets "REGISTRY_PASSWORD" "POSTGRES_PASSWORD" "GIT_TOKEN"
            echo "the build goes on"
            """);
        Assert.Equal(0, code);
        Assert.EndsWith("the build goes on\n", said, StringComparison.Ordinal);
        Assert.Equal(("canary-registry", "canary-postgres", "there"), (_backend.Secrets.Text("REGISTRY_PASSWORD"), _backend.Secrets.Text("POSTGRES_PASSWORD"), _backend.Secrets.Text("GIT_TOKEN")));
        Assert.Equal(["REGISTRY_PASSWORD"], Assert.Single(_github.Dispatches).Payload["secrets"]!.AsArray().Select(name => name!.ToString()));
        // A build pushes to its own repository, and to no other.
        Assert.All(repositories.Skip(1), repository => Assert.Empty(repository.Secrets.Names));

        await using var watch = MillProcess.Start(_build, ["sync", "watch", "--file", SyncFile], Variables());
        await Until.TrueAsync("the first push", Patience, () => Task.FromResult(repositories.TrueForAll(repository => repository.Secrets.Text("POSTGRES_PASSWORD") is "canary-postgres")));
        var before = await ListAsync(repositories);
        (code, _) = await TypeAsync("mill secret set ci/postgres - <rotated");
        Assert.Equal(0, code);
        await Until.TrueAsync("the rotation", Patience, () => Task.FromResult(repositories.TrueForAll(repository => repository.Secrets.Text("POSTGRES_PASSWORD") is "canary-rotated")));
        var after = await ListAsync(repositories);
        watch.Send(Signal.Terminate);
        await watch.ExitAsync();
        output.WriteLine($"$ mill sync watch\n{watch.Output}{watch.Errors}");

        // gh sees the same names, and that what was rotated was written anew, everywhere.
        Assert.Equal(repositories.ConvertAll(repository => string.Join(' ', repository.Secrets.Names)), after.ConvertAll(secrets => string.Join(' ', secrets.Keys.Order(StringComparer.Ordinal))));
        Assert.All(before.Zip(after), pair => Assert.True(string.CompareOrdinal(pair.First["POSTGRES_PASSWORD"], pair.Second["POSTGRES_PASSWORD"]) < 0));
        Assert.Equal((before[0]["GIT_TOKEN"], before[0]["REGISTRY_PASSWORD"]), (after[0]["GIT_TOKEN"], after[0]["REGISTRY_PASSWORD"]));
        Assert.DoesNotContain("canary", said + watch.Output + watch.Errors, StringComparison.Ordinal);
        Assert.Empty(_github.Violations);
    }

    [Fact]
    public async Task A_push_that_fails_is_told_and_the_rest_is_asked_for_all_the_same()
    {
        await WriteTargetsAsync([_backend]);
        var (code, said) = await BuildAsync("check_and_sync_secrets REGISTRY_PASSWORD && echo went on", ("MILL_TOKEN", "wrong"));
        Assert.Equal(0, code);
        Assert.Contains("note: mill sync push ended with 4; what is missing still is asked for", said, StringComparison.Ordinal);
        Assert.Equal(["REGISTRY_PASSWORD"], _backend.Secrets.Names);

        // Nothing says what this repository is to have, so nothing is pushed, to it or to another.
        var other = _owner.AddRepository("other");
        await WriteTargetsAsync([other]);
        (code, said) = await BuildAsync("check_and_sync_secrets POSTGRES_PASSWORD");
        Assert.Equal(3, code);
        Assert.Contains("note: mill sync push ended with 2", said, StringComparison.Ordinal);
        Assert.Empty(other.Secrets.Names);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("GET")]
    public async Task Where_GitHub_wants_no_requests_for_a_while_nothing_is_asked_for(string method)
    {
        await WriteTargetsAsync([_backend]);
        _github.Inject(FakeFault.RateLimit(429, retryAfter: TimeSpan.FromHours(1)) with { When = request => request.Method == method });
        var (code, said) = await BuildAsync("check_and_sync_secrets POSTGRES_PASSWORD REGISTRY_PASSWORD\necho went on");
        Assert.Equal(10, code);
        Assert.Contains("nothing is", said, StringComparison.Ordinal);
        Assert.DoesNotContain("went on", said, StringComparison.Ordinal);
        Assert.Empty(_github.Dispatches);
        Assert.Empty(_backend.Secrets.Names);
        Assert.Empty(_github.Violations);
    }

    [Fact]
    public async Task A_build_below_the_top_of_the_checkout_is_pushed_to_as_well()
    {
        await WriteTargetsAsync([_backend]);
        var (code, _) = await BuildAsync("mkdir -p .git ci\ncd ci\ncheck_and_sync_secrets POSTGRES_PASSWORD");
        Assert.Equal(0, code);
        Assert.Equal("canary-postgres", _backend.Secrets.Text("POSTGRES_PASSWORD"));
        Assert.Empty(_github.Dispatches);
    }

    [Fact]
    public async Task A_build_without_a_token_or_a_repository_does_not_go_on()
    {
        var (code, said) = await BuildAsync("check_and_sync_secrets A\necho went on", ("GH_PAT", ""), ("GH_ENTERPRISE_TOKEN", ""));
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
    public async Task The_examples_that_builds_were_written_after_run_unchanged()
    {
        _policy = "allow * Bengo-Hub/* by bengo-ci";
        var other = _owner.AddRepository("mosuon-devops-k8s");
        other.AddWorkflow(new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, Play = ExportAsync });
        foreach (var name in (string[])["POSTGRES_PASSWORD", "REDIS_PASSWORD", "GIT_TOKEN", "NATS_PASSWORD", "DOCS_API_KEY"]) _source.Secrets.Put(name, $"canary-{name}");
        foreach (var name in (string[])["SECRET1", "SECRET2", "POSTGRES_PASSWORD"]) other.Secrets.Put(name, $"canary-{name}");

        // build.sh of three repositories.
        Assert.Equal(0, (await BuildAsync("""
            # In build.sh (isp-billing-backend)
            source $DEVOPS_REPO/scripts/tools/check-and-sync-secrets.sh
            check_and_sync_secrets "REGISTRY_PASSWORD" "POSTGRES_PASSWORD" "GIT_TOKEN"
            """)).Code);
        Assert.Equal(0, (await BuildAsync("check_and_sync_secrets \"POSTGRES_PASSWORD\" \"REDIS_PASSWORD\"", ("GITHUB_REPOSITORY", _owner.AddRepository("truload-backend").FullName))).Code);
        Assert.Equal(0, (await BuildAsync("check_and_sync_secrets \"REGISTRY_PASSWORD\" \"GIT_TOKEN\"", ("GITHUB_REPOSITORY", _owner.AddRepository("ordering-backend").FullName))).Code);

        // Another source, and one that has a path behind it.
        var services = _owner.AddRepository("mosuon-services");
        Assert.Equal(0, (await BuildAsync("""
            # With custom source repo
            SOURCE_SECRETS_REPO="Bengo-Hub/mosuon-devops-k8s" check_and_sync_secrets "SECRET1" "SECRET2"
            # In mosuon services
            SOURCE_SECRETS_REPO="Bengo-Hub/mosuon-devops-k8s" \
              check_and_sync_secrets "POSTGRES_PASSWORD"

            # Fall back to source repo's own secrets (for central docs setup)
            SOURCE_SECRETS_REPO="Bengo-Hub/devops-k8s/docs" \
              check_and_sync_secrets "DOCS_API_KEY"
            """, ("GITHUB_REPOSITORY", services.FullName))).Code);
        Assert.Equal(["DOCS_API_KEY", "POSTGRES_PASSWORD", "SECRET1", "SECRET2"], services.Secrets.Names.Order());

        // services/shared/init-secrets.sh, which finds the tools from the top of the checkout.
        var (code, said) = await BuildAsync("""
            git init --quiet . && ln -sfn devops devops-k8s
            # services/shared/init-secrets.sh
            source "$(git rev-parse --show-toplevel)/devops-k8s/scripts/tools/check-and-sync-secrets.sh"

            export_service_secrets() {
              local SERVICE=$1
              case "$SERVICE" in
                isp-billing)
                  check_and_sync_secrets "POSTGRES_PASSWORD" "REGISTRY_PASSWORD"
                  ;;
                truload)
                  check_and_sync_secrets "REDIS_PASSWORD" "POSTGRES_PASSWORD"
                  ;;
                notifications)
                  check_and_sync_secrets "NATS_PASSWORD" "GIT_TOKEN"
                  ;;
              esac
            }
            export_service_secrets isp-billing
            export_service_secrets truload
            export_service_secrets notifications
            """);
        Assert.Equal(0, code);
        Assert.Equal(["GIT_TOKEN", "NATS_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "REGISTRY_PASSWORD"], _backend.Secrets.Names.Order());

        // The step of a workflow, with the script in the repository itself. A run's own token may not do it: the step has to be given one.
        Assert.Equal(0, (await BuildAsync("""
            mkdir -p scripts && cp "$DEVOPS_REPO/scripts/tools/check-and-sync-secrets.sh" scripts/
            source ./scripts/check-and-sync-secrets.sh
            check_and_sync_secrets "POSTGRES_PASSWORD" "REGISTRY_PASSWORD"
            """)).Code);

        Assert.Equal(7, (await BuildAsync("check_and_sync_secrets BAD-NAME")).Code);
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
        Assert.Empty(_github.Violations);
    }

    private Task WriteTargetsAsync(List<FakeRepository> repositories) =>
        File.WriteAllTextAsync(SyncFile, "targets:\n" + string.Concat(repositories.Select(repository => $"  - to: {repository.FullName}\n    secrets: {{ POSTGRES_PASSWORD: ci/postgres }}\n")));

    /// <summary>What GitHub's own command says of each: names, and when they were written.</summary>
    private async Task<List<Dictionary<string, string>>> ListAsync(List<FakeRepository> repositories)
    {
        var lists = new List<Dictionary<string, string>>();
        foreach (var repository in repositories)
        {
            var (code, said) = await TypeAsync($"gh secret list --repo {repository.FullName}");
            Assert.Equal(0, code);
            // The list has days only.
            var (_, times) = await TypeAsync($"gh api repos/{repository.FullName}/actions/secrets --jq '.secrets[] | [.name, .updated_at] | @tsv'");
            lists.Add(Cells(times).ToDictionary(cells => cells[0], cells => cells[1]));
            Assert.Equal(lists[^1].Keys.Order(StringComparer.Ordinal), Cells(said).Select(cells => cells[0]).Order(StringComparer.Ordinal));
        }
        return lists;
    }

    private static IEnumerable<string[]> Cells(string table) => table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'));

    private Dictionary<string, string> Variables() => new()
    {
        ["MILL_ADDRESS"] = _vault.Address,
        ["MILL_TOKEN"] = _sandbox.Token!,
        ["GITHUB_API_URL"] = _github.EnterpriseAddress.ToString(),
        ["GH_PAT"] = _token.Text,
        ["GITHUB_REPOSITORY"] = "Bengo-Hub/isp-billing-backend",
        ["SSL_CERT_FILE"] = _authority.AuthorityFile,
    };

    private async Task<(int Code, string Said)> BuildAsync(string lines, params (string Name, string Value)[] changes)
    {
        var script = Path.Combine(_build.Root, "build.sh");
        var source = lines.Split('\n').Any(line => line.StartsWith("source ", StringComparison.Ordinal)) ? "" : "source $DEVOPS_REPO/scripts/tools/check-and-sync-secrets.sh\n";
        await File.WriteAllTextAsync(script, $"set -euo pipefail\n{source}{lines}\n");
        output.WriteLine($"build.sh:\n    {lines.ReplaceLineEndings("\n    ")}");
        return await TypeAsync("bash build.sh", changes);
    }

    /// <summary>In the checkout of the build, with the programs that it has.</summary>
    private async Task<(int Code, string Said)> TypeAsync(string line, params (string Name, string Value)[] changes)
    {
        var tools = Directory.CreateDirectory(Path.Combine(_build.Root, "devops", "scripts", "tools")).FullName;
        File.Copy(Path.Combine(Page.Root, "scripts", "check-and-sync-secrets.sh"), Path.Combine(tools, "check-and-sync-secrets.sh"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(_build.Root, "rotated"), "canary-rotated");
        var start = new ProcessStartInfo("bash", ["-c", $"exec 2>&1\n{line}"]) { RedirectStandardOutput = true, WorkingDirectory = _build.Root };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GH_", StringComparison.Ordinal) || name.StartsWith("GITHUB_", StringComparison.Ordinal) || name.StartsWith("MILL_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in _build.Environment().Concat(Variables())) start.Environment[name] = value;
        start.Environment["DEVOPS_REPO"] = Path.Combine(_build.Root, "devops");
        start.Environment["PATH"] = $"{Path.GetDirectoryName(MillExecutable.Path)}:{Environment.GetEnvironmentVariable("PATH")}";
        (start.Environment["GH_HOST"], start.Environment["GH_ENTERPRISE_TOKEN"], start.Environment["GH_NO_UPDATE_NOTIFIER"], start.Environment["GH_PROMPT_DISABLED"]) = ($"{_github.Address.Host}:{_github.Address.Port}", _token.Text, "1", "1");
        foreach (var (name, value) in changes) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        output.WriteLine($"$ {line}\n{await said}");
        return (process.ExitCode, await said);
    }

    /// <summary>The step of the workflow, as its file has it.</summary>
    private async Task<bool> ExportAsync(FakeWorkflowJob job, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>
        {
            ["GITHUB_API_URL"] = _github.EnterpriseAddress.ToString(),
            ["SSL_CERT_FILE"] = _authority.AuthorityFile,
            ["GITHUB_ACTIONS"] = "true",
            ["GITHUB_ACTOR"] = "bengo-ci",
            ["GH_PAT"] = _token.Text,
            ["MILL_EXPORT_PAYLOAD"] = job.Payload.ToJsonString(),
            ["MILL_EXPORT_POLICY"] = _policy,
        };
        foreach (var (name, place) in job.Payload["secrets"]!.AsArray().Select((name, place) => (name!.ToString(), place)))
            (variables[$"MILL_EXPORT_NAME_{place}"], variables[$"MILL_EXPORT_VALUE_{place}"]) = (name, job.Secrets.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : "");
        using var sandbox = new Sandbox();
        await using var export = MillProcess.Start(sandbox, ["sync", "export"], variables);
        var code = await export.ExitAsync().WaitAsync(cancellationToken);
        // As its page shows it: a runner takes these commands for itself.
        output.WriteLine($"the run in Bengo-Hub/devops-k8s:\n{string.Join('\n', export.Output.Split('\n').Where(line => !line.StartsWith("::add-mask::", StringComparison.Ordinal)))}{export.Errors}");
        return code is 0;
    }
}
