using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Hosting.Cluster;
using Mill.Secrets;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Hosting;

/// <summary>Which file a node takes for that of its master key.</summary>
public sealed class NodeMasterKeyTests : IDisposable
{
    private const string Usual = "/usual/master.key";
    private const string Named = "/named/master.key";
    private const string Known = "/known/master.key";

    private readonly TestDirectory _directory = new();
    private readonly RecordingLogger<NodeMasterKeyTests> _log = new();

    public void Dispose() => _directory.Dispose();

    private NodeDirectory Data => new(_directory.Path);

    private NewNodeOptions New => new() { DataDirectory = _directory.Path, Name = "n", Advertise = "10.0.0.1", UsualMasterKeyFile = Usual };

    private ServerOptions Server => new() { DataDirectory = _directory.Path, UsualMasterKeyFile = Usual };

    [Theory]
    [InlineData(null, null, NodeRole.Both, Usual)]
    [InlineData(Named, null, NodeRole.Vault, Named)]
    [InlineData(Named, "key", NodeRole.Both, Named)]
    [InlineData(null, "key", NodeRole.Both, null)]
    [InlineData(null, null, NodeRole.Api, null)]
    public void A_node_that_is_to_be_has_the_file_that_was_named_or_the_usual_one_or_needs_none(string? named, string? key, NodeRole role, string? file)
    {
        var place = NodeMasterKey.PlaceFor(New with { MasterKeyFile = named, MasterKey = key, Role = role });
        Assert.Equal(file, place.MasterKeyFile);
        Assert.Equal(key, place.MasterKey);
        Assert.Equal(file, NodeMasterKey.ToRemember(Data, place));
    }

    [Theory]
    [InlineData(null, null, Usual)]
    [InlineData(null, Known, Known)]
    [InlineData(Named, Known, Named)]
    public void A_node_that_is_there_keeps_the_file_it_had(string? named, string? known, string file)
    {
        Assert.Equal(file, NodeMasterKey.PlaceOf(Data, Node() with { MasterKeyFile = known }, Server with { MasterKeyFile = named }, _log).MasterKeyFile);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Where_there_is_no_home_and_nothing_is_named_that_is_said()
    {
        RequireHomeless(() => NodeMasterKey.PlaceFor(New with { UsualMasterKeyFile = null }));
        RequireHomeless(() => NodeMasterKey.PlaceOf(Data, Node(), Server with { UsualMasterKeyFile = null }, _log));
        Assert.Null(NodeMasterKey.PlaceFor(New with { UsualMasterKeyFile = null, Role = NodeRole.Api }).MasterKeyFile);
        Assert.Null(NodeMasterKey.PlaceOf(Data, Node("api"), Server with { UsualMasterKeyFile = null }, _log).MasterKeyFile);
        Assert.Equal("key", NodeMasterKey.PlaceOf(Data, Node(), Server with { UsualMasterKeyFile = null, MasterKey = "key" }, _log).MasterKey);

        static void RequireHomeless(Action action)
        {
            var refusal = Assert.Throws<MillException>(action);
            Assert.Equal(MillError.Usage, refusal.Error);
            Assert.Contains("--master-key-file", refusal.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_node_that_is_to_be_takes_no_place_in_the_data_directory_be_it_named_or_the_usual_one()
    {
        var inside = _directory.File("below/master.key");
        foreach (var options in (NewNodeOptions[])[New with { MasterKeyFile = inside }, New with { UsualMasterKeyFile = inside }])
            Assert.Equal(MillError.Usage, Assert.Throws<MillException>(() => NodeMasterKey.PlaceFor(options)).Error);

        // The file is not looked at where the key is given.
        Assert.Equal(inside, NodeMasterKey.PlaceFor(New with { MasterKeyFile = inside, MasterKey = "key" }).MasterKeyFile);
    }

    [Fact]
    public void A_node_that_is_there_goes_on_with_a_place_in_the_data_directory_and_a_warning()
    {
        var inside = _directory.File("below/master.key");
        Assert.Equal(inside, NodeMasterKey.PlaceOf(Data, Node(), Server with { MasterKeyFile = inside }, _log).MasterKeyFile);
        Assert.Equal(inside, NodeMasterKey.PlaceOf(Data, Node(), Server with { UsualMasterKeyFile = inside }, _log).MasterKeyFile);
        Assert.Equal(inside, NodeMasterKey.PlaceOf(Data, Node() with { MasterKeyFile = inside }, Server, _log).MasterKeyFile);
        Assert.Equal(3, _log.Lines.Count);
        Assert.All(_log.Lines, line => Assert.Contains($"mv -n {inside} ", line.Text, StringComparison.Ordinal));

        // Where the key is given, what is not there is in nobody's way.
        NodeMasterKey.PlaceOf(Data, Node(), Server with { MasterKeyFile = inside, MasterKey = "key" }, _log);
        Assert.Equal(3, _log.Lines.Count);
    }

    [Fact]
    public void A_key_that_was_put_there_before_is_read_with_a_warning_until_it_is_moved()
    {
        File.WriteAllText(Data.FormerMasterKey, "");
        var place = NodeMasterKey.PlaceOf(Data, Node(), Server, _log);
        Assert.Equal(Data.FormerMasterKey, place.MasterKeyFile);
        Assert.Null(NodeMasterKey.ToRemember(Data, place));
        var warning = Assert.Single(_log.Lines);
        Assert.Equal((LogLevel.Warning, 3306), (warning.Level, warning.Id));
        Assert.Contains($"(mkdir -p -m 700 /usual && mv -n {Data.FormerMasterKey} {Usual})", warning.Text, StringComparison.Ordinal);

        // Nobody is told to put it in another key's place.
        using var other = new TestDirectory();
        File.WriteAllText(other.File("master.key"), "");
        NodeMasterKey.PlaceOf(Data, Node(), Server with { UsualMasterKeyFile = other.File("master.key") }, _log);
        Assert.DoesNotContain(other.Path, _log.Lines.Last().Text, StringComparison.Ordinal);

        File.Delete(Data.FormerMasterKey);
        Assert.Equal(Usual, NodeMasterKey.PlaceOf(Data, Node(), Server, _log).MasterKeyFile);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public void A_key_that_was_left_at_the_place_of_before_is_named_with_the_command_that_moves_it()
    {
        File.WriteAllText(Data.FormerMasterKey, "");
        using var other = new TestDirectory();
        var named = other.File("master.key");
        foreach (var action in (Action[])[
            () => NodeMasterKey.PlaceFor(New with { MasterKeyFile = named }),
            () => NodeMasterKey.PlaceFor(New with { UsualMasterKeyFile = named }),
            () => NodeMasterKey.PlaceOf(Data, Node(), Server with { MasterKeyFile = named }, _log),
            () => NodeMasterKey.PlaceOf(Data, Node() with { MasterKeyFile = named }, Server, _log)])
        {
            var refusal = Assert.Throws<MillException>(action);
            Assert.Equal(MillError.PreconditionFailed, refusal.Error);
            Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
            Assert.Contains(Data.FormerMasterKey, refusal.Message, StringComparison.Ordinal);
            Assert.EndsWith($": mv -n {Data.FormerMasterKey} {named}", refusal.Hint, StringComparison.Ordinal);
        }
        Assert.Equal(named, NodeMasterKey.PlaceOf(Data, Node(), Server with { MasterKeyFile = named, MasterKey = "key" }, _log).MasterKeyFile);
        Assert.Null(NodeMasterKey.PlaceFor(New with { Role = NodeRole.Api }).MasterKeyFile);

        File.Move(Data.FormerMasterKey, named);
        Assert.Equal(named, NodeMasterKey.PlaceOf(Data, Node(), Server with { MasterKeyFile = named }, _log).MasterKeyFile);
        Assert.Equal(named, NodeMasterKey.PlaceFor(New with { MasterKeyFile = named }).MasterKeyFile);
        Assert.Empty(_log.Lines);
    }

    private static NodeFile Node(string role = "both") => new() { NodeName = "n", Address = "10.0.0.1", ApiPort = 1, PeerPort = 2, Role = role };
}
