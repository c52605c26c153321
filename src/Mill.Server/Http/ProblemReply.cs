using Microsoft.AspNetCore.Http;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>Every failure as a problem document (RFC 9457).</summary>
internal static class ProblemReply
{
    private const string ContentType = "application/problem+json";

    public static Task WriteAsync(HttpContext http, MillException failure)
    {
        var status = HttpStatus.Of(failure.Error);
        if (status is 503 or 429) http.Response.Headers.RetryAfter = "1";
        if (status is 401) http.Response.Headers.WWWAuthenticate = "Bearer";
        if (failure.CurrentVersion is { } current) http.SetVersionTag(current);
        return Reply.JsonAsync(http, status, Of(failure, http.RequestId()), ContentType);
    }

    public static ProblemResponse Of(MillException failure, string requestId)
    {
        var (status, code) = (HttpStatus.Of(failure.Error), failure.Error.ToCode());
        return new()
        {
            Type = $"urn:mill:problem:{code}",
            Title = HttpStatus.TitleOf(failure.Error),
            Status = status,
            Detail = failure.Message,
            Code = code,
            Hint = failure.Hint,
            RequestId = requestId,
            CurrentVersion = failure.CurrentVersion,
            Errors = failure.Problems.Count == 0 ? null : [.. failure.Problems.Select(problem => new ProblemItem(problem.Code, problem.Detail, problem.Pointer, problem.Name, problem.Line, problem.Column) { File = problem.File })],
        };
    }
}
