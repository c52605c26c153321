using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Node.Agent;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class AllocFilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-files-").FullName;
    private readonly string _memory = $"/dev/shm/mill-test-{Guid.NewGuid():n}";

    public AllocFilesTests() => Directory.CreateDirectory(_memory);

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        Directory.Delete(_memory, recursive: true);
    }

    [Fact]
    public void Scratch_space_is_for_whoever_the_container_runs_as_and_for_nobody_else_on_the_machine()
    {
        using var env = new ContainerEnv();
        var bind = Assert.Single(new AllocFiles(null, _directory).Prepare(Specs.Alloc(Specs.Container() with { Volumes = [new("tmp", "/tmp", null, IsEphemeral: true)] }), env));
        var volume = bind.Split(':')[0];
        Assert.Equal((UnixFileMode)Convert.ToInt32("777", 8), File.GetUnixFileMode(volume));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.GetDirectoryName(volume)!));
    }

    [Fact]
    public async Task Without_a_place_in_memory_only_what_needs_one_does_not_start()
    {
        using var env = new ContainerEnv();
        var files = new AllocFiles(null, _directory);
        Assert.Empty(files.Prepare(Specs.Alloc(), env));
        files.Remove("web-1");
        Assert.Empty(files.Ids());

        var withFile = Specs.Container() with { SecretFiles = [new("/run/key", new("x"), "0400")] };
        using var needs = await ContainerEnv.ResolveAsync(Specs.Alloc(withFile), null, FleetState.Empty, null!, default);
        Assert.Equal(MillError.Configuration, Assert.Throws<MillException>(() => files.Prepare(Specs.Alloc(withFile), needs)).Error);
    }

    [Fact]
    public void A_place_in_memory_that_somebody_else_may_have_made_is_not_taken()
    {
        var node = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]);
        var (first, second) = (Directory.CreateDirectory(Path.Combine(_memory, "first")).FullName, Directory.CreateDirectory(Path.Combine(_memory, "second")).FullName);
        var place = Path.Combine(first, "mill", node.Value);
        Assert.Equal(place, MemoryPlace.Find(node, [first, second]));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(place));
        Assert.Equal(place, MemoryPlace.Find(node, [null, first, second]));

        // Others may enter it.
        File.SetUnixFileMode(place, OwnerOnly | UnixFileMode.OtherExecute);
        Assert.Equal(Path.Combine(second, "mill", node.Value), MemoryPlace.Find(node, [first, second]));
        // It leads elsewhere.
        Directory.Delete(place);
        Directory.CreateSymbolicLink(place, Directory.CreateDirectory(Path.Combine(_memory, "elsewhere"), OwnerOnly).FullName);
        Assert.Equal(Path.Combine(second, "mill", node.Value), MemoryPlace.Find(node, [first, second]));
        // No memory at all.
        Assert.Null(MemoryPlace.Find(node, [_directory, "/nowhere"]));
    }
}
