using Mill.Core.Model;
using Mill.Node.Agent;
using Mill.Node.Logs;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class AllocLogTests : IDisposable
{
    private const string Canary = "c4n4ry-0f-l0gs";

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-alloc-log-").FullName;
    private readonly ManualTime _time = new();
    private readonly LogStore _store;

    public AllocLogTests() => _store = new(_directory, _time);

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void The_last_words_in_a_flood_are_told_without_secrets_though_they_are_not_kept()
    {
        using var log = Log();
        var flood = new string('x', 10_000);
        for (var i = 0; i < 2_000; i++) log.Add(new(_time.GetUtcNow(), false, flood));
        log.Add(new(_time.GetUtcNow(), true, $"{new string('y', 490)} {Canary} is refused"));

        Assert.Equal(AllocLog.Kept, log.Last.Count);
        Assert.StartsWith($"{new string('y', 490)} [REDACT", log.Last[^1], StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(_directory, "*.log", SearchOption.AllDirectories), file => Assert.DoesNotContain(Canary, File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public void What_it_knew_it_does_not_tell_afterwards_either()
    {
        var log = Log();
        log.Add(new(_time.GetUtcNow(), false, $"one {Canary}"));
        log.Dispose();
        Assert.Equal(["one [REDACTED]"], log.Last);
    }

    /// <summary>As Podman's are.</summary>
    [Fact]
    public void Lines_whose_times_are_whole_seconds_are_not_read_twice()
    {
        var second = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        using (var log = Log()) log.Add(new(second, false, "one"));
        using var again = Log();
        again.Resume(made: second.AddMilliseconds(400));
        Assert.Equal((second, 1), again.Heard);
        Assert.Equal(["one"], again.Last);
    }

    private AllocLog Log()
    {
        var log = new AllocLog(_store.Open("web-1", new Timestamp(1)));
        using var value = SecretValue.FromText(Canary);
        log.Mask([value]);
        return log;
    }
}
