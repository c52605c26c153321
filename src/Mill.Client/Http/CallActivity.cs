using System.Diagnostics;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>What a trace tells of a call: what kind it is and how it ended, and no name of a secret.</summary>
internal static class CallActivity
{
    private static readonly ActivitySource Source = new("Mill.Client");

    /// <summary>Null where nobody listens.</summary>
    public static Activity? Start(Call call, Uri address)
    {
        var activity = Source.StartActivity("mill.call", ActivityKind.Client);
        if (activity is null) return null;
        activity.DisplayName = $"{call.Method} {RouteOf(call.Target)}";
        return activity.SetTag("http.request.method", call.Method.Method).SetTag("url.template", RouteOf(call.Target)).SetTag("server.address", address.Host).SetTag("server.port", address.Port);
    }

    public static void Fail(this Activity? activity, MillException e) => activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", e.Error.ToCode());

    /// <summary>What comes behind the kind of a thing is its name.</summary>
    private static string RouteOf(string target)
    {
        var path = target.AsSpan(0, target.IndexOf('?', StringComparison.Ordinal) is var query && query < 0 ? target.Length : query);
        var (slashes, end) = (0, 0);
        while (end < path.Length && (path[end] is not '/' || ++slashes < 3)) end++;
        return path[..end].ToString();
    }
}
