namespace Mill.Node.Agent;

/// <summary>Waiting, for however long somebody has written into a file: a timer takes no more than 49 days.</summary>
internal static class Pause
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    /// <summary>What a timer takes: a longer time is cut off.</summary>
    public static TimeSpan Timer(TimeSpan length) => length < LongestTimer ? length : LongestTimer;

    public static async Task ForAsync(TimeSpan length, TimeProvider time, CancellationToken cancellationToken)
    {
        for (; length > LongestTimer; length -= LongestTimer) await Task.Delay(LongestTimer, time, cancellationToken).ConfigureAwait(false);
        await Task.Delay(length > TimeSpan.Zero ? length : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
    }
}
