using Mill.Core.Specs;
using Xunit;

namespace Mill.Tests.Core.Specs;

public sealed class SpecTextTests
{
    [Theory]
    [InlineData("128M", 128_000_000)]
    [InlineData("1G", 1_000_000_000)]
    [InlineData("1Gi", 1L << 30)]
    [InlineData("512Ki", 512L << 10)]
    [InlineData("42", 42)]
    [InlineData("7 B", 7)]
    public void A_size_is_a_number_of_bytes(string text, long bytes)
    {
        Assert.Equal(bytes, ByteSize.Parse(text));
        Assert.Equal(bytes, ByteSize.Parse(ByteSize.Format(bytes)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("0M")]
    [InlineData("-1M")]
    [InlineData("1.5G")]
    [InlineData("12Q")]
    [InlineData("9999999999999Ti")]
    public void What_is_no_size_is_none(string text) => Assert.Null(ByteSize.Parse(text));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("1h30m", 5400)]
    [InlineData("1h 30m", 5400)]
    [InlineData("2d", 172800)]
    [InlineData("0s", 0)]
    public void A_length_of_time_is_a_number_of_seconds(string text, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Parse(text));
        Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Parse(Duration.Format(TimeSpan.FromSeconds(seconds))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1w")]
    [InlineData("400d")]
    [InlineData("300d100d")]
    [InlineData("99999999999999999999s")]
    public void What_is_no_length_of_time_is_none(string text) => Assert.Null(Duration.Parse(text));

    [Theory]
    [InlineData("* * * * *", "2026-02-27T23:59:30Z", "2026-02-28T00:00:00Z")]
    [InlineData("*/15 * * * *", "2026-02-27T10:15:00Z", "2026-02-27T10:30:00Z")]
    [InlineData("0 6 * * mon-fri", "2026-02-27T06:00:00Z", "2026-03-02T06:00:00Z")]
    [InlineData("0 0 1 1 *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("0 0 29 feb *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("0 0 13 * fri", "2026-02-07T00:00:00Z", "2026-02-13T00:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-02-13T00:00:00Z", "2026-02-20T00:00:00Z")]
    [InlineData("30 22 * * 7", "2026-02-27T00:00:00Z", "2026-03-01T22:30:00Z")]
    [InlineData("5/20 3 * * *", "2026-02-27T03:05:00Z", "2026-02-27T03:25:00Z")]
    public void A_schedule_has_a_next_time(string schedule, string after, string next) =>
        Assert.Equal(DateTimeOffset.Parse(next, null), CronSchedule.Parse(schedule)!.After(DateTimeOffset.Parse(after, null)));

    [Theory]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("5-1 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("a * * * *")]
    [InlineData("@daily")]
    [InlineData("0 0 30 2 *")]
    public void What_is_no_schedule_is_none(string text) => Assert.NotNull(CronSchedule.WhyNot(text));
}
