using Mill.Core.Sync;
using Mill.Sync.GitHub;

namespace Mill.Sync.Pushing;

/// <summary>How a push goes about it.</summary>
public sealed record PushOptions
{
    public required SecretPolicy Policy { get; init; }

    public SyncRules Rules { get; init; } = new();

    /// <summary>Plans, and touches nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>How long a write that somebody began may go without a sign, before another push takes over. One that lives gives a sign with each write, and before each that it had to wait for; where another has taken over by then, it begins anew. Three turns long.</summary>
    public TimeSpan Grace { get; init; } = 3 * GitHubTransport.Turn;

    /// <summary>Told what comes next. Must not throw.</summary>
    public Action<PushProgress>? Progress { get; init; }
}

/// <summary>What a push does next.</summary>
/// <param name="Number">Of the target, from 1.</param>
/// <param name="Count">Of all targets.</param>
/// <param name="Step">Null as the target begins.</param>
public sealed record PushProgress(int Number, int Count, SecretScope Target, SyncStep? Step)
{
    /// <summary>Another push is at work there, and is waited for.</summary>
    public bool IsWaiting { get; init; }
}
