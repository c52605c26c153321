using System.Globalization;

namespace Mill.Testing.GitHub;

/// <summary>That somebody is to wait.</summary>
/// <param name="Until">Whoever asks before it is refused again, and has broken a rule.</param>
/// <param name="Reason">Which limit it is.</param>
/// <param name="IsPrimary">True for the limit of an hour: the headers then say that nothing is left, and until when.</param>
internal sealed record Refusal(DateTimeOffset Until, string Reason, int Status = 403, bool SaysRetryAfter = true, bool IsPrimary = false)
{
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(1);

    public static Refusal Of(FakeFault fault, DateTimeOffset now) => new(
        fault.RetryAfter is { } wait ? now + TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)) : fault.Reset is { } reset ? CeilingOf(now + reset) : now + Unsaid,
        "the wait that an earlier refusal asked for", fault.Status!.Value, fault.RetryAfter is not null, fault.Reset is not null);

    /// <summary>The next whole second: the header says no more.</summary>
    public static DateTimeOffset CeilingOf(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond);

    public Answer ToAnswer(DateTimeOffset now)
    {
        var headers = new List<(string, string)>();
        if (SaysRetryAfter) headers.Add(("Retry-After", Math.Ceiling((Until - now).TotalSeconds).ToString(CultureInfo.InvariantCulture)));
        if (IsPrimary) headers.AddRange([("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", Until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))]);
        return Answer.Error(Status, Status is 503 ? "Service Unavailable" : IsPrimary ? "API rate limit exceeded for user ID 1." : "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.") with { Headers = headers };
    }
}
