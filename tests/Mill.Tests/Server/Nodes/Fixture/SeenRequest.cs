using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>A request as it reached a node.</summary>
internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public static async Task<SeenRequest> ReadAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var headers = http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new(http.Request.Method, http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, headers, Encoding.UTF8.GetString(body.ToArray()));
    }
}

/// <summary>Stands in for a node: writes down what it is asked, and answers as it is told.</summary>
internal sealed class Recorder(Func<HttpContext, int, Task> answer)
{
    private readonly ConcurrentQueue<SeenRequest> _seen = new();

    public IReadOnlyList<SeenRequest> Seen => [.. _seen];

    public async Task ServeAsync(HttpContext http)
    {
        _seen.Enqueue(await SeenRequest.ReadAsync(http));
        await answer(http, _seen.Count);
    }
}
