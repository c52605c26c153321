using System.Globalization;
using Mill.ClusterTests.Processes;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.ClusterTests.Sync;

/// <summary>
/// SIGKILL in the middle of a push: the next one brings what is missing, and repeats nothing that was written but, at most, the one write in doubt. <c>MILL_PUSH_KILLS</c> says how many, <c>MILL_SEED</c> which moments.
/// </summary>
public sealed class KilledPushTests : IAsyncLifetime, IDisposable
{
    private const int Secrets = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Sandbox _sandbox = new();
    private readonly Sandbox _build = new();
    private FakeGitHub _github = null!;
    private FakeOwner _owner = null!;
    private FakeToken _token = null!;
    private MillServer _vault = null!;

    public async Task InitializeAsync()
    {
        _github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        _owner = _github.AddOrganization("acme");
        _token = _github.AddToken(FakeToken.Classic(["acme"], "repo"));
        _vault = await MillServer.StartAsync(_sandbox);
        for (var i = 0; i < Secrets; i++) Assert.Equal(201, (await _vault.Api.SetAsync($"s{i}", $"value-{i}")).Status);
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
    public async Task A_push_that_is_killed_is_taken_up_by_the_next_one()
    {
        var random = new Random(Number("MILL_SEED") ?? 1);
        // Side by side, each for a repository of its own: most of the time they wait.
        await Task.WhenAll(Enumerable.Range(0, Number("MILL_PUSH_KILLS") ?? 3).Select(number => KillAsync(number, random.Next(1, 3 * Secrets), random.Next(60))).ToList());
    }

    private static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <param name="requests">After how many requests about secrets it ends.</param>
    /// <param name="more">And so many milliseconds.</param>
    private async Task KillAsync(int number, int requests, int more)
    {
        var where = $"repository {number}, killed {more} ms after request {requests}";
        var repository = _owner.AddRepository($"r{number}");
        var file = Path.Combine(_build.Root, $"sync-{number}.yaml");
        await File.WriteAllTextAsync(file, $"targets:\n  - to: {repository.FullName}\n    secrets:\n{string.Concat(Enumerable.Range(0, Secrets).Select(i => $"      S{i}: s{i}\n"))}");
        await using (var first = Start(file))
        {
            await Until.TrueAsync(where, Patience, () => Task.FromResult(first.HasExited || Of(repository).Count >= requests));
            await Task.Delay(TimeSpan.FromMilliseconds(more), TimeProvider.System);
            await first.KillAsync();
        }
        var writes = Writes(repository);
        await using (var second = Start(file)) Assert.True(await second.ExitAsync() is 0, $"{where}: {second.Errors}");
        for (var i = 0; i < Secrets; i++) Assert.True(repository.Secrets.Text($"S{i}") == $"value-{i}", $"{where}: S{i}");
        var repeated = Writes(repository).GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key).ToList();
        // Only what was sent last before the end can have been in doubt.
        Assert.True(repeated.Count is 0 || (repeated.Count is 1 && repeated[0] == writes[^1]), $"{where}: {string.Join(' ', Writes(repository))}");

        var before = Of(repository).Count;
        await using (var third = Start(file)) Assert.True(await third.ExitAsync() is 0, $"{where}: {third.Errors}");
        Assert.True(Of(repository).Count == before + 1, $"{where}: it is not at its end");
        Assert.Empty(_github.Violations);
    }

    private List<string> Writes(FakeRepository repository) => [.. Of(repository).Where(request => request.IsWrite).Select(request => request.Path.Split('/')[^1])];

    private List<RecordedRequest> Of(FakeRepository repository) => [.. _github.Requests.Where(request => request.Path.StartsWith($"/repos/{repository.FullName}/", StringComparison.Ordinal))];

    private MillProcess Start(string file) => MillProcess.Start(_build, ["sync", "push", "--file", file], new Dictionary<string, string>
    {
        ["MILL_ADDRESS"] = _vault.Address,
        ["MILL_TOKEN"] = _sandbox.Token!,
        ["GITHUB_API_URL"] = _github.Address.ToString(),
        ["GH_PAT"] = _token.Text,
    });
}
