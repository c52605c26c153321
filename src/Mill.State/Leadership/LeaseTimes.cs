namespace Mill.State.Leadership;

/// <summary>How long an office lasts without a word from the store.</summary>
internal static class LeaseTimes
{
    /// <summary>After this, a leader that is gone has lost its office. Etcd gives no less than one and a half times its election timeout.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What a leader takes off for itself: it stops answering that much before the lease can end, for clocks that do not run at one rate and for a store
    /// whose own leader changes in between.
    /// </summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    public static readonly TimeSpan RenewEvery = TimeSpan.FromMilliseconds(400);

    /// <summary>One attempt to renew; there must be time for another.</summary>
    public static readonly TimeSpan RenewTimeout = TimeSpan.FromMilliseconds(700);

    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>Where the store is full: each attempt tells it so again.</summary>
    public static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(1);

    /// <summary>How much longer than others a node waits that could decide nothing.</summary>
    public static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(2);

    /// <summary>For giving the office back: if that fails, the lease ends by itself.</summary>
    public static readonly TimeSpan ResignTimeout = TimeSpan.FromSeconds(1);
}
