using Microsoft.AspNetCore.Http;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>How fresh a read must be. A server that is alone with its store is always as fresh as <c>quorum</c>; what was asked for is said in the reply.</summary>
internal static class Consistency
{
    public const string Argument = "consistency";

    private const string Header = "Mill-Consistency";

    public static void Apply(HttpContext http, QueryArguments query)
    {
        if (query.Text(Argument) is not { } asked) return;
        if (asked is not ("linearizable" or "quorum" or "local")) throw new MillException(MillError.InvalidRequest, "consistency takes linearizable, quorum or local.");
        http.Response.Headers[Header] = asked;
    }
}
