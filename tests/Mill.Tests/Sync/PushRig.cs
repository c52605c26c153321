using Mill.Core.Sync;
using Mill.Sync.Pushing;

namespace Mill.Tests.Sync;

/// <summary>A vault, a GitHub, and pushes from the one to the other.</summary>
internal sealed class PushRig : IAsyncDisposable
{
    private PushRig(HastyTime time, StubGitHub gitHub) => (Time, GitHub) = (time, gitHub);

    public HastyTime Time { get; }

    public StubGitHub GitHub { get; }

    public MemoryVault Vault { get; } = new();

    public List<PushProgress> Progress { get; } = [];

    public static async Task<PushRig> StartAsync()
    {
        var time = new HastyTime();
        return new(time, await StubGitHub.StartAsync(time));
    }

    public static SyncTarget Target(string scope, params (string Name, string Secret)[] secrets) => new(Scopes.Of(scope), secrets.ToDictionary(secret => secret.Name, secret => secret.Secret), null);

    public static PushOptions Rules(SyncRules rules) => new() { Policy = new(null, null), Rules = rules };

    public Task<PushReport> PushAsync(params SyncTarget[] targets) => PushAsync(Rules(new()), targets);

    public async Task<PushReport> PushAsync(PushOptions options, params SyncTarget[] targets)
    {
        using var client = GitHub.Connect();
        return await new Push(client, Vault, Vault, options with { Progress = Tell }).RunAsync(targets, CancellationToken.None);
    }

    /// <summary>What we changed.</summary>
    public List<string> Changes() => [.. GitHub.Changes.Where(change => change.Who is "us").Select(change => $"{change.Method} {change.Name} {change.Value}")];

    public ValueTask DisposeAsync() => GitHub.DisposeAsync();

    private void Tell(PushProgress progress)
    {
        lock (Progress) Progress.Add(progress);
    }
}
