using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>A machine that lacks what Mill needs of the system says so at the start.</summary>
public sealed class SystemLibrariesTests : IDisposable
{
    // In mounts of its own, an empty file stands where the library was.
    private const string WithoutSqlite = """
        library=$(ldconfig -p | sed -n 's/.*libsqlite3\.so\.0 .*=> //p' | head -n 1)
        mount --bind /dev/null "$(readlink -f "$library")"
        exec "$@"
        """;

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [MountFact]
    public async Task A_server_without_SQLite_names_it_and_how_to_get_it_and_makes_nothing()
    {
        var hiding = Path.Combine(_sandbox.Root, "without-sqlite");
        await File.WriteAllTextAsync(hiding, WithoutSqlite);
        Manners.Require(await MillServer.RefuseAsync(_sandbox, runner: $"unshare --mount sh {hiding}"), ExitCode.Unavailable, "SQLite", "libsqlite3.so.0", "apt install libsqlite3-0");
        Assert.False(Directory.Exists(_sandbox.Data));
        await using var server = await MillServer.StartAsync(_sandbox);
    }
}
