namespace Mill.Testing.GitHub;

/// <summary>Something that goes wrong on demand. Each is used up by the requests it meets, the oldest first.</summary>
public sealed record FakeFault
{
    private FakeFault()
    {
    }

    /// <summary>How many requests it meets.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Which requests; null for any.</summary>
    public Func<RecordedRequest, bool>? When { get; init; }

    internal int? Status { get; private init; }

    internal bool IsLimit { get; private init; }

    internal TimeSpan? RetryAfter { get; private init; }

    internal TimeSpan? Reset { get; private init; }

    internal bool DropsConnection { get; private init; }

    internal bool DoesTheWork { get; private init; }

    internal TimeSpan Wait { get; private init; }

    /// <summary>An answer of 500, 502 and the like, with nothing done.</summary>
    public static FakeFault Error(int status = 500) => new() { Status = status };

    /// <summary>An answer of 503 with <c>Retry-After</c>, in whole seconds, with nothing done. Requests before its end are violations.</summary>
    public static FakeFault Unavailable(TimeSpan retryAfter) => new() { Status = 503, IsLimit = true, RetryAfter = retryAfter };

    /// <summary>That answer for one page of any list, as often as it is asked for.</summary>
    public static FakeFault ErrorOnPage(int page, int status = 500) =>
        new() { Status = status, Times = int.MaxValue, When = request => request.Target.Split('?', '&').Contains($"page={page}") };

    /// <summary>A refusal with 403 or 429 as if a limit had been reached. Requests before its end are violations.</summary>
    /// <param name="retryAfter">What <c>Retry-After</c> says, in whole seconds; null for no such header.</param>
    /// <param name="reset">Says <c>X-RateLimit-Remaining: 0</c> and a <c>X-RateLimit-Reset</c> so far ahead; null for neither. Without both, a minute has to pass.</param>
    public static FakeFault RateLimit(int status = 403, TimeSpan? retryAfter = null, TimeSpan? reset = null) => new() { Status = status, IsLimit = true, RetryAfter = retryAfter, Reset = reset };

    /// <summary>The connection is cut, and nothing was done.</summary>
    public static FakeFault Drop() => new() { DropsConnection = true };

    /// <summary>The connection is cut after all was done: only the answer is missing.</summary>
    public static FakeFault DropAnswer() => new() { DropsConnection = true, DoesTheWork = true };

    /// <summary>The answer comes later, by the server's clock.</summary>
    public static FakeFault Slow(TimeSpan wait) => new() { Wait = wait, DoesTheWork = true };
}
