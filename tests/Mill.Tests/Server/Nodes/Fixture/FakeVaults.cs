using Microsoft.AspNetCore.Http;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>Vaults that are not well.</summary>
internal static class FakeVaults
{
    /// <summary>It takes its time, and says that it is there.</summary>
    public static Recorder Thoughtful(Func<HttpContext, Task> serve) => new((http, _) => http.Request.Path == "/healthz" ? http.Response.WriteAsync("""{"status":"ok"}""") : serve(http));

    /// <summary>It takes what it is sent, and says nothing.</summary>
    public static Recorder Frozen() => new((http, _) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));

    /// <summary>It takes what it is sent, and hangs up.</summary>
    public static Recorder Breaking() => new((http, _) =>
    {
        http.Abort();
        return Task.CompletedTask;
    });

    public static Task RefuseAsync(HttpContext http, string code)
    {
        http.Response.StatusCode = 503;
        http.Response.ContentType = "application/problem+json";
        return http.Response.WriteAsync($$"""{"type":"t","title":"t","status":503,"detail":"in words","code":"{{code}}"}""");
    }

    /// <summary>Until it has said so often, once a second, that it is there.</summary>
    public static async Task LiveAsync(TestNodes cluster, Recorder vault, int seconds)
    {
        await TestNodes.UntilAsync(() => vault.Seen.Count > 0);
        await TestNodes.UntilAsync(() =>
        {
            cluster.Time.Advance(TimeSpan.FromMilliseconds(5));
            return vault.Seen.Count > seconds + 1;
        });
    }
}
