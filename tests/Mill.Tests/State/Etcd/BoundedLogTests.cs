using System.Text;
using Mill.State.Etcd.Process;
using Xunit;

namespace Mill.Tests.State.Etcd;

public sealed class BoundedLogTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Log => Path.Combine(_directory.Path, "etcd.log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_full_file_takes_the_place_of_the_one_before()
    {
        using (var log = new BoundedLog(Log, maxBytes: 10))
        {
            foreach (var line in new[] { "one\n", "two\n", "three\n", "four\n", "five\n" }) await log.WriteAsync(Encoding.UTF8.GetBytes(line), default);
        }
        Assert.Equal("four\nfive\n", await File.ReadAllTextAsync(Log));
        Assert.Equal("three\n", await File.ReadAllTextAsync(Log + ".1"));
        Assert.Equal(2, Directory.GetFiles(_directory.Path).Length);
    }

    [Fact]
    public async Task It_goes_on_where_an_earlier_run_stopped_and_only_its_owner_reads_it()
    {
        foreach (var line in new[] { "one\n", "two\n" })
        {
            using var log = new BoundedLog(Log, maxBytes: 100);
            await log.WriteAsync(Encoding.UTF8.GetBytes(line), default);
        }
        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(Log));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Log));
    }
}
