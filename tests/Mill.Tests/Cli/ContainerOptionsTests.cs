using System.CommandLine;
using Mill.Commands;
using Mill.Hosting.Fleet;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class ContainerOptionsTests
{
    [Fact]
    public void Logs_are_kept_for_a_day_and_in_512_MiB_unless_somebody_says_otherwise()
    {
        Assert.Equal((TimeSpan.FromDays(1), 512L << 20), Logs(new()));
        var variables = new Session { Variables = { ["MILL_LOG_RETENTION"] = "2h", ["MILL_LOG_ROOM"] = "2G" } };
        Assert.Equal((TimeSpan.FromHours(2), 2L << 30), Logs(variables));
        Assert.Equal((TimeSpan.FromDays(7), 64L << 20), Logs(variables, "--log-retention", "7d", "--log-room", "64M"));
    }

    [Theory]
    [InlineData("MILL_LOG_RETENTION", "soon", "Check --log-retention and MILL_LOG_RETENTION.")]
    [InlineData("MILL_LOG_ROOM", "0M", "Check --log-room and MILL_LOG_ROOM.")]
    [InlineData("MILL_LOG_ROOM", "lots", "Check --log-room and MILL_LOG_ROOM.")]
    public void What_is_neither_a_time_nor_a_size_is_refused(string variable, string value, string hint)
    {
        var failure = Assert.Throws<MillException>(() => Logs(new() { Variables = { [variable] = value } }));
        Assert.Equal((MillError.Usage, hint), (failure.Error, failure.Hint));
    }

    private static (TimeSpan Retention, long Room) Logs(Session session, params string[] arguments)
    {
        var (command, options) = (new Command("server"), new ContainerOptions());
        options.AddTo(command);
        ContainerPlace place = options.Read(command.Parse([.. arguments, "--docker", "unix:///docker.sock"]), session.Host())!;
        return (place.LogRetention, place.LogRoom);
    }
}
