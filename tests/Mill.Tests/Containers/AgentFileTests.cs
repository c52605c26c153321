using Mill.Core.Model;
using Mill.Hosting.Fleet;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class AgentFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestNode _node = new(DockerAddress.Default, TimeProvider.System);

    public void Dispose() => _node.Dispose();

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
        File.WriteAllText(_node.Options.AgentFile, "{\"life\":");
        Assert.Equal(Timestamp.From(Now).Microseconds + 1, Begin(Now).Life);
    }

    [Fact]
    public void A_disk_that_takes_nothing_keeps_nobody_from_living()
    {
        Directory.CreateDirectory(_node.Options.AgentFile);
        Assert.Equal(Timestamp.From(Now).Microseconds + 1, Begin(Now).Life);
    }

    [Fact]
    public void A_server_keeps_it_as_it_keeps_its_keys()
    {
        var options = new FleetNode(Specs.Node, "127.0.0.1", new(DockerAddress.Default, new Dictionary<string, string>(), TimeSpan.FromHours(1), 1), Path.GetDirectoryName(_node.Options.AgentFile)!).Options("c1");
        AgentFile.Begin(options, Now);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.AgentFile));
        if (options.MemoryDirectory is { } made) Directory.Delete(made);
    }

    [Fact]
    public void It_is_written_in_the_way_that_the_node_keeps_its_own_files_and_where_that_fails_it_lives_all_the_same()
    {
        var written = new List<string>();
        var options = _node.Options with
        {
            WriteFile = (path, content) =>
            {
                written.Add(path);
                if (written.Count > 1) throw new MillException(MillError.StorageFull, "No space is left.");
                File.WriteAllBytes(path, content);
            },
        };
        var first = AgentFile.Begin(options, Now);
        Assert.Equal(first, AgentFile.Read(options.AgentFile));
        Assert.Equal(first.Life + 1, AgentFile.Begin(options, Now).Life);
        Assert.Equal([options.AgentFile, options.AgentFile], written);
    }

    private AgentFile Begin(DateTimeOffset now, long more = 1) => AgentFile.Begin(_node.Options, now, more);
}
