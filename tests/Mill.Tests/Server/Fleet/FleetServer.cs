using Mill.Client;
using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Fleet;

/// <summary>A server with one node that runs whatever is deployed.</summary>
internal sealed class FleetServer : IAsyncDisposable
{
    private FleetServer(TestServer server, FakeLogs logs, FakeExec exec, FakeNode node) => (Server, Logs, Exec, Node) = (server, logs, exec, node);

    public TestServer Server { get; }

    public FakeLogs Logs { get; }

    public FakeExec Exec { get; }

    public FakeNode Node { get; }

    public Api Operator => Server.Operator;

    public MillClient Client(string? token = null) => new(new() { Address = new($"http://{Server.EndPoint}"), Token = token ?? Server.OperatorToken });

    public static async Task<FleetServer> StartAsync()
    {
        var (logs, exec) = (new FakeLogs(), new FakeExec());
        var server = await TestServer.StartAsync(new() { Logs = logs, Exec = exec });
        var node = new FakeNode(server.Office, server.Now, server.Time);
        server.Decide();
        await node.ReportAsync();
        return new(server, logs, exec, node);
    }

    /// <summary>A file with one service and one task.</summary>
    public static string File(string image = "web:1", string more = "") => $$"""
        service "web" {
          image = "{{image}}"
          port  = 80
          {{more}}
        }
        task "job" {
          image   = "job:1"
          timeout = "30m"
          env { MODE = "all" }
        }
        """;

    /// <summary>Deploys, and waits for the end.</summary>
    public async Task<Answer> DeployAsync(string file, Api? by = null)
    {
        var begun = (await (by ?? Operator).SendAsync("POST", "/v1/deploys", file)).Is(202);
        await Node.UntilIdleAsync();
        return (await (by ?? Operator).GetAsync(begun.Header("Location")!)).Is(200);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
