using Mill.Node.Agent;
using Mill.Node.Docker;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class UsageMeterTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Cores_are_those_since_the_look_before_and_none_at_the_first_and_for_another_container()
    {
        var meter = new UsageMeter();
        Assert.Equal(0, meter.Next("web-1", "a", Stats(0, 10)).Cpu);
        Assert.Equal(1, meter.Next("web-1", "a", Stats(10, 20)).Cpu, 6);
        Assert.Equal(0, meter.Next("web-1", "a", Stats(20, 15)).Cpu);
        Assert.Equal(0, meter.Next("web-1", "b", Stats(30, 25)).Cpu);
        meter.Keep(new HashSet<string>());
        Assert.Equal(0, meter.Next("web-1", "b", Stats(40, 35)).Cpu);
    }

    [Theory]
    [InlineData("inactive_file", 700)]
    [InlineData("total_inactive_file", 700)]
    [InlineData("cache", 1000)]
    public void Memory_is_without_what_the_kernel_would_give_back(string counter, long expected)
    {
        var stats = Stats(0, 0) with { Memory = new(1000, new Dictionary<string, ulong> { [counter] = 300 }) };
        Assert.Equal(expected, new UsageMeter().Next("web-1", "a", stats).Memory);
    }

    private static ContainerStats Stats(int seconds, ulong cpuSeconds) => new(Start.AddSeconds(seconds), new(new(cpuSeconds * 1_000_000_000)), null);
}
