using Microsoft.AspNetCore.Http;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>How fresh a read is asked to be, and saying so in the reply.</summary>
internal static class Consistency
{
    public const string Argument = "consistency";

    private const string Header = "Mill-Consistency";

    public static ReadLevel Apply(HttpContext http, QueryArguments query)
    {
        if (query.Text(Argument) is not { } asked) return ReadLevel.Linearizable;
        var level = Parse(asked) ?? throw new MillException(MillError.InvalidRequest, "consistency takes linearizable, quorum or local.");
        http.Response.Headers[Header] = asked;
        return level;
    }

    /// <summary>The same before the query is checked: what is wrong with it is said only to whom the token lets in.</summary>
    public static ReadLevel Peek(HttpContext http) =>
        http.Request.QueryString.HasValue && http.Request.Query[Argument] is [{ } asked] ? Parse(asked) ?? ReadLevel.Linearizable : ReadLevel.Linearizable;

    private static ReadLevel? Parse(string asked) => asked switch
    {
        "linearizable" => ReadLevel.Linearizable,
        "quorum" => ReadLevel.Quorum,
        "local" => ReadLevel.Local,
        _ => null,
    };
}
