using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Mill.Benchmarks.Report;
using Mill.Benchmarks.Servers;
using Mill.Client;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;
using Mill.Sync.Requirements;
using Mill.Testing.GitHub;

namespace Mill.Benchmarks.Scenarios;

/// <summary>What somebody waits for whose build needs a secret, and what a hundred repositories cost: against a fake GitHub that answers at once, and in this process.</summary>
internal sealed class Sync(BenchOptions options, MillProcess mill, MillClient vault, FakeGitHub gitHub, FakeOwner owner, FakeToken token)
{
    private const int Repositories = 100;
    private const int Secrets = 20;
    private const double PushBar = 300; // ms
    private const int CheckBar = 250; // requests

    /// <summary>Between two changes GitHub wants a second, whoever makes them: so long a push would wait for the one before.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1.5);

    // Named, because the directory may be one within a checkout, where the file of that is the usual one.
    private string SyncFile => Path.Combine(mill.Home, "mill-sync.yaml");

    private int Spawns => options.IsQuick ? 3 : 20;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchOptions options, string directory)
    {
        await using var mill = await MillProcess.StartAsync(options.Mill, Path.Combine(directory, "sync"));
        using var vault = new MillClient(new() { Address = mill.Address, Token = mill.Token });
        await using var gitHub = await FakeGitHub.StartAsync(new() { Limits = null });
        var run = new Sync(options, mill, vault, gitHub, gitHub.AddOrganization("acme"), gitHub.AddToken(FakeToken.Classic(["acme"], "repo")));
        for (var j = 0; j < Secrets; j++) await run.StoreAsync(Source(j), $"value-{j}");
        return [.. await run.OneAsync(), .. await run.HundredAsync()];
    }

    private static string Name(int secret) => string.Create(CultureInfo.InvariantCulture, $"SECRET_{secret}");

    private static string Source(int secret) => string.Create(CultureInfo.InvariantCulture, $"ci/secret-{secret}");

    private async Task<IReadOnlyList<Finding>> OneAsync()
    {
        var (checks, pushes, wires) = (new List<double>(), new List<double>(), new List<double>());
        var most = 0;
        // The first is for the page cache, and for both servers.
        for (var spawn = -1; spawn < Spawns; spawn++)
        {
            var repository = owner.AddRepository($"one-{spawn + 1}");
            Write([repository]);
            await Task.Delay(Apart, TimeProvider.System);
            var check = await TimeAsync(3, "sync", "check", Name(0), "--repo", repository.FullName);
            var before = gitHub.Requests.Count;
            var push = await TimeAsync(0, "sync", "push", "--file", SyncFile);
            var requests = gitHub.Requests.Skip(before).ToList();
            if (repository.Secrets.Text(Name(0)) is not "value-0") throw new InvalidOperationException("The secret did not arrive.");
            if (spawn < 0) continue;
            checks.Add(check);
            pushes.Add(push);
            wires.Add((requests[^1].Time - requests[0].Time).TotalMilliseconds);
            most = Math.Max(most, requests.Count);
        }
        var median = Figures.Median(pushes);
        return
        [
            new("sync", "`mill sync push`, one secret missing, whole process", $"{Figures.Milliseconds(median)} ({Figures.Spread(pushes)})", Text($"{most} requests, {Figures.Median(wires):F0} ms from the first to the last"), $"< {Figures.Milliseconds(PushBar)}", median < PushBar),
            new("sync", "`mill sync check NAME`, whole process", $"{Figures.Milliseconds(Figures.Median(checks))} ({Figures.Spread(checks)})"),
        ];
    }

    private async Task<IReadOnlyList<Finding>> HundredAsync()
    {
        List<FakeRepository> repositories = [.. Enumerable.Range(0, Repositories).Select(i => owner.AddRepository($"r{i}"))];
        foreach (var repository in repositories) await FillAsync(repository);
        Write(repositories);

        var before = gitHub.Requests.Count;
        var start = Stopwatch.GetTimestamp();
        await CheckAsync(repositories);
        var (checkTime, checkRequests) = (Stopwatch.GetElapsedTime(start), gitHub.Requests.Count - before);

        before = gitHub.Requests.Count;
        var push = await TimeAsync(0, "sync", "push", "--file", SyncFile);
        var requests = gitHub.Requests.Skip(before).ToList();
        var writes = requests.Count(request => request.IsWrite);
        var what = Text($"{Repositories} repositories with {Secrets} secrets each");
        return
        [
            new("sync", $"check of {what}", Text($"{checkRequests} requests"), Figures.Seconds(checkTime), Text($"< {CheckBar} requests"), checkRequests < CheckBar),
            new("sync", $"`mill sync push` to {what}, nothing changed", Text($"{writes} writes, {Figures.Milliseconds(push)}"), Text($"{requests.Count} requests"), "0 writes", writes == 0),
        ];
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private async Task StoreAsync(string name, string text)
    {
        using var value = SecretValue.FromText(text);
        await vault.SetAsync(name, value);
    }

    /// <summary>What the file asks for: of one repository one secret, of many all.</summary>
    private void Write(List<FakeRepository> repositories)
    {
        var names = string.Join(", ", Enumerable.Range(0, repositories.Count is 1 ? 1 : Secrets).Select(j => $"{Name(j)}: {Source(j)}"));
        File.WriteAllText(SyncFile, $"targets:\n{string.Concat(repositories.Select(repository => $"  - {{to: {repository.FullName}, secrets: {{{names}}}}}\n"))}");
    }

    /// <summary>Everything is there and in the ledger, as after a push: a real one would take as many seconds as there are secrets.</summary>
    private async Task FillAsync(FakeRepository repository)
    {
        var scope = SecretScope.Of(NameOf(repository));
        var ledger = Ledger.New(scope, new(RandomNumberGenerator.GetBytes(LedgerKey.Length)));
        for (var j = 0; j < Secrets; j++)
        {
            using var value = SecretValue.FromText($"value-{j}");
            repository.Secrets.Put(Name(j), $"value-{j}");
            var updated = repository.Secrets.Find(Name(j))!.UpdatedAt;
            ledger = ledger.Wrote(Name(j), new(Source(j), 1, ledger.Key.Fingerprint(value), updated, updated), "");
        }
        using var text = LedgerCodec.Write(ledger);
        await vault.SetAsync(LedgerPlace.Of(scope, gitHub.Address), text);
    }

    private async Task CheckAsync(List<FakeRepository> repositories)
    {
        var credentials = new TokenCredentials(SecretValue.FromText(token.Text));
        using var client = new GitHubClient(new() { Address = gitHub.Address, Credentials = credentials });
        List<RequiredSecret> required = [.. Enumerable.Range(0, Secrets).Select(j => new RequiredSecret(Name(j), null, null, []))];
        foreach (var repository in repositories)
        {
            var report = await new SecretCheck(client).RunAsync(NameOf(repository), SecretStore.Actions, required, CancellationToken.None);
            if (report.In(SecretState.Present).Count() != Secrets) throw new InvalidOperationException($"{repository.FullName} has not all of its secrets.");
        }
    }

    private static RepositoryName NameOf(FakeRepository repository) => RepositoryName.TryParse(repository.FullName, out var name) ? name : throw new FormatException(repository.FullName);

    /// <summary>In milliseconds, from the start of the process to its end.</summary>
    private async Task<double> TimeAsync(int code, params string[] arguments)
    {
        var info = ChildProcess.StartInfo(options.Mill, arguments, mill.Home);
        (info.Environment["MILL_ADDRESS"], info.Environment["MILL_TOKEN"]) = (mill.Address.ToString().TrimEnd('/'), mill.Token);
        (info.Environment["GITHUB_API_URL"], info.Environment["GH_PAT"]) = (gitHub.Address.ToString(), token.Text);
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return process.ExitCode == code ? elapsed : throw new InvalidOperationException($"mill {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }
}
