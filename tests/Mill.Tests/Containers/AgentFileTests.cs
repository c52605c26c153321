using Mill.Core.Model;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class AgentFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-agent-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Every_life_is_later_than_the_one_before_whatever_the_clock_says()
    {
        var first = Begin(Now).Life;
        Assert.Equal(first + 1, Begin(Now.AddYears(-1)).Life);
        Assert.Equal(first + 2, Begin(Now.AddYears(1)).Life);
        Assert.Equal(first + 10, Begin(Now, more: 8).Life);
    }

    [Fact]
    public void Without_what_was_kept_it_is_later_than_what_was_counted_so_far()
    {
        File.WriteAllText(Options().AgentFile, "{\"life\":");
        Assert.Equal(Timestamp.From(Now).Microseconds + 1, Begin(Now).Life);
    }

    [Fact]
    public void A_disk_that_takes_nothing_keeps_nobody_from_living()
    {
        Directory.CreateDirectory(Options().AgentFile);
        Assert.Equal(Timestamp.From(Now).Microseconds + 1, Begin(Now).Life);
    }

    private NodeAgentOptions Options() => new()
    {
        Node = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]),
        Cluster = "c1",
        Address = "127.0.0.1",
        Docker = DockerAddress.Default,
        MemoryDirectory = null,
        ScratchDirectory = Path.Combine(_directory, "scratch"),
    };

    private AgentFile Begin(DateTimeOffset now, long more = 1) => AgentFile.Begin(Options(), now, more);
}
