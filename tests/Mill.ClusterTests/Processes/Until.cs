namespace Mill.ClusterTests.Processes;

/// <summary>Waits for what no event tells.</summary>
internal static class Until
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Fails with what was missing if it has not come true in time.</summary>
    public static async Task TrueAsync(string what, TimeSpan patience, Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > patience) throw new Xunit.Sdk.XunitException($"After {patience.TotalSeconds} s, still not: {what}");
            await Task.Delay(Step, TimeProvider.System);
        }
    }
}
