using Mill.Core.Fleet;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Mill.Node.Logs;

namespace Mill.Tests.Containers;

/// <summary>What allocations have in common on a node whose Engine says what a test wants. It has no secrets and no services.</summary>
internal sealed class TestNode : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-node-").FullName;

    public TestNode(DockerAddress engine, TimeProvider time) => Parts = new()
    {
        Node = Specs.Node,
        Cluster = "c1",
        Address = "127.0.0.1",
        Docker = new DockerClient(engine, time),
        Vault = null!,
        Fleet = _ => ValueTask.FromResult(FleetState.Empty),
        Ports = new(),
        Files = new(null, Path.Combine(_directory, "scratch")),
        Logs = new LogStore(Path.Combine(_directory, "logs"), time),
        Http = new HttpMessageInvoker(new SocketsHttpHandler()),
        Time = time,
        Changed = () => { },
        Progressed = () => { },
        LeftBehind = (_, _) => { },
    };

    public NodeParts Parts { get; }

    public NodeAgentOptions Options => new()
    {
        Node = Parts.Node,
        Cluster = Parts.Cluster,
        Address = Parts.Address,
        Docker = Parts.Docker.Address,
        MemoryDirectory = null,
        ScratchDirectory = Path.Combine(_directory, "scratch"),
        WriteFile = File.WriteAllBytes,
    };

    public void Dispose()
    {
        Parts.Docker.Dispose();
        Parts.Logs.Dispose();
        Parts.Http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
