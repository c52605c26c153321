namespace Mill.Testing.GitHub;

/// <summary>How much one account may ask for (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).</summary>
public sealed record FakeRateLimits
{
    /// <summary>Requests in an hour that begins with the first; an answer of 304 does not count.</summary>
    public int PerHour { get; init; } = 5_000;

    /// <summary>The same for all those together that show no token.</summary>
    public int AnonymousPerHour { get; init; } = 60;

    /// <summary>Within any minute; reading costs 1, writing 5.</summary>
    public int PointsPerMinute { get; init; } = 900;

    /// <summary>Requests that change something, within any minute.</summary>
    public int WritesPerMinute { get; init; } = 80;

    /// <summary>Requests that change something, within any hour.</summary>
    public int WritesPerHour { get; init; } = 500;

    /// <summary>Requests under way.</summary>
    public int AtOnce { get; init; } = 100;
}
