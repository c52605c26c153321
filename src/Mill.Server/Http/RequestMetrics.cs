using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mill.Server.Http;

/// <summary>Requests, by method, route and status.</summary>
internal static class RequestMetrics
{
    private static readonly Meter Meter = new("Mill.Server");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "mill.http.request.duration",
        unit: "s",
        description: "Time from a request's headers to the end of its answer.",
        tags: null,
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] });

    private static readonly string[] Statuses = [.. Enumerable.Range(0, 600).Select(status => status.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    public static void Record(HttpContext http, TimeSpan duration)
    {
        if (!Duration.Enabled) return;
        var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        var tags = new TagList
        {
            { "method", MethodOf(http.Request.Method) },
            { "route", route },
            { "status", Statuses[Math.Clamp(http.Response.StatusCode, 0, 599)] },
        };
        Duration.Record(duration.TotalSeconds, tags);
    }

    /// <summary>Only known methods: a label that callers choose would grow without bound.</summary>
    private static string MethodOf(string method) => method is "GET" or "PUT" or "POST" or "DELETE" or "HEAD" or "PATCH" or "OPTIONS" ? method : "other";
}
