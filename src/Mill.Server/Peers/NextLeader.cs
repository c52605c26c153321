using System.Globalization;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>Where a write goes next, within the time that a client is promised.</summary>
/// <param name="patience">How long to look: see <see cref="PatienceOf"/>.</param>
internal sealed class NextLeader(ILeadership leadership, TimeProvider time, TimeSpan patience) : IDisposable
{
    /// <summary>In milliseconds, how much of the time is left where another node has spent some: what is promised holds for all of them together.</summary>
    public const string PatienceHeader = "Mill-Leader-Patience";

    /// <summary>A write that finds no leader is refused within five seconds, on a busy machine too.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3.25);

    /// <summary>One that leads is found in less.</summary>
    public static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>It may have been a bad moment only: then the same leader is tried again.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _limit = new(patience, time);

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Limit => _limit.Token;

    /// <summary>What a request says of it; nobody gets more than there is.</summary>
    public static TimeSpan PatienceOf(string? header) =>
        int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var left) && left < Patience.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(Math.Max(left, LeastPatience.TotalMilliseconds))
            : Patience;

    /// <summary>Null where the time is over.</summary>
    /// <param name="tried">The one that did not take it; null at first.</param>
    public async Task<LeaderRecord?> FindAsync(LeaderRecord? tried, CancellationToken cancellationToken)
    {
        if (tried is not null && await OtherAsync(tried, cancellationToken).ConfigureAwait(false) is { } other) return other;
        return await WaitAsync(null, _limit.Token, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _limit.Dispose();

    private async Task<LeaderRecord?> OtherAsync(LeaderRecord tried, CancellationToken cancellationToken)
    {
        using var pause = new CancellationTokenSource(RetryAfter, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, _limit.Token);
        return await WaitAsync(tried, either.Token, cancellationToken).ConfigureAwait(false);
    }

    private async Task<LeaderRecord?> WaitAsync(LeaderRecord? other, CancellationToken limit, CancellationToken cancellationToken)
    {
        if (limit.IsCancellationRequested) return null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit, cancellationToken);
        try
        {
            return await leadership.WaitForLeaderAsync(other, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public static MillException Nobody() => new(MillError.NoLeader, "No node leads that could be reached in time. Nothing was written.")
    {
        Hint = "Try again. If it stays so, the cluster has no majority: start the nodes that are missing.",
    };
}
