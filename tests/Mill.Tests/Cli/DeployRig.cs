using Microsoft.AspNetCore.Http;
using Mill.Tests.Client;

namespace Mill.Tests.Cli;

/// <summary>A directory with a file, and a server that has an answer to it.</summary>
internal sealed class DeployRig : IAsyncDisposable
{
    public const string File = """
        service "web" {
          image = "web:v2"
          port  = 80
        }

        """;

    public const string NothingGone = """{"services":[{"name":"db","kind":"none","differences":[],"nodes":[]},{"name":"web","kind":"change","differences":[{"path":"container.image","before":"web:v1","after":"web:v2"}],"nodes":["n1","n2"]}],"tasks":[{"name":"report","kind":"add","differences":[]}]}""";
    public const string Begun = """{"number":7,"by":"me","kind":"deploy","started_at":"2026-01-01T00:00:00Z","outcome":"running","steps":[{"service":"web","kind":"change","phase":"waiting","since":"2026-01-01T00:00:00Z","allocs":[]}]}""";
    public const string Pulling = """{"number":7,"by":"me","kind":"deploy","started_at":"2026-01-01T00:00:00Z","outcome":"running","steps":[{"service":"web","kind":"change","phase":"rolling","since":"2026-01-01T00:00:00.2Z","allocs":[{"id":"web-3","node":"n1","status":"pulling","pull":{"done":45,"total":100}}]}]}""";
    public const string Done = """{"number":7,"by":"me","kind":"deploy","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:04.25Z","outcome":"done","steps":[{"service":"web","kind":"change","phase":"done","since":"2026-01-01T00:00:04.2Z","ended_at":"2026-01-01T00:00:04.2Z","allocs":[{"id":"web-3","node":"n1","status":"healthy"}]}]}""";
    public const string Failed = """{"number":7,"by":"me","kind":"deploy","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-01T00:00:09Z","outcome":"failed","steps":[{"service":"api","kind":"change","phase":"done","since":"2026-01-01T00:00:04Z","ended_at":"2026-01-01T00:00:04Z","allocs":[]},{"service":"web","kind":"change","phase":"failed","since":"2026-01-01T00:00:08Z","ended_at":"2026-01-01T00:00:09Z","reason":"web-3 ended with 1 after 0.2s","last_lines":["listening","boom \u001b[2J"],"allocs":[{"id":"web-3","node":"n1","status":"failed","reason":"ended with 1"}]}]}""";

    private DeployRig(FakeMill mill, string directory) => (Mill, Directory) = (mill, directory);

    public FakeMill Mill { get; }

    public string Directory { get; }

    public static async Task<DeployRig> StartAsync(string plan = NothingGone, params string[] progress)
    {
        var rig = new DeployRig(await FakeMill.StartAsync(), System.IO.Directory.CreateTempSubdirectory("mill-deploy-").FullName);
        await System.IO.File.WriteAllTextAsync(Path.Combine(rig.Directory, "app.mill"), File);
        rig.Mill.On("POST /v1/plan?file=app.mill", plan);
        rig.Mill.On("POST /v1/deploys?file=app.mill", Begun, 202);
        rig.Mill.On("GET /v1/deploys/7/events", context => StreamAsync(context, progress));
        return rig;
    }

    public Session Session(bool isTerminal = false)
    {
        var session = new Session { Directory = Directory, IsTerminal = isTerminal, Time = new global::Mill.Testing.ManualTime() };
        session.Variables["MILL_ADDRESS"] = Mill.Address.ToString();
        session.Variables["MILL_TOKEN"] = FakeMill.Token;
        return session;
    }

    /// <summary>Events as they come; without the last one that ends it, the stream goes on.</summary>
    public static async Task StreamAsync(HttpContext context, params string[] progress)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var deploy in progress)
        {
            var isOver = !deploy.Contains("\"outcome\":\"running\"", StringComparison.Ordinal);
            await context.Response.WriteAsync($"event: {(isOver ? "done" : "progress")}\ndata: {deploy}\n\n");
            await context.Response.Body.FlushAsync();
            if (isOver) return;
        }
        await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await Mill.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
