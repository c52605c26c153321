using System.Globalization;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Model;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01t00:00:01z", 1_000_000)]
    [InlineData("1970-01-01T00:00:00.000001Z", 1)]
    [InlineData("1970-01-01T00:00:00.0000019Z", 1)]
    [InlineData("1970-01-01T00:00:00.5Z", 500_000)]
    [InlineData("1970-01-01T01:00:00+01:00", 0)]
    [InlineData("1970-01-01T01:00:00.5+01:00", 500_000)]
    [InlineData("1970-01-01T01:00:00.123456789+01:00", 123_456)]
    [InlineData("1969-12-31T16:00:00-08:00", 0)]
    [InlineData("2000-02-29T12:00:00Z", 951_825_600_000_000)]
    public void A_time_with_an_offset_is_read(string text, long microseconds)
    {
        Assert.True(Timestamp.TryParse(text, out var moment), text);
        Assert.Equal(microseconds, moment.Microseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("2026-01-01")]
    [InlineData("2026-01-01T00:00:00")]
    [InlineData("2026-01-01T00:00:00.000000")]
    [InlineData("2026-01-01 00:00:00Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-01-01T24:00:00Z")]
    [InlineData("2026-01-01T00:00:00+0100")]
    [InlineData("2026-01-01T00:00:00ZZ")]
    [InlineData(" 2026-01-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00Z ")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("２026-01-01T00:00:00Z")]
    public void Anything_else_is_refused(string? text) => Assert.False(Timestamp.TryParse(text, out _), text);

    [Fact]
    public void Text_and_moment_go_round_and_sort_alike()
    {
        var random = new Random(1);
        var moments = Enumerable.Range(0, 500).Select(_ => new Timestamp(random.NextInt64(253_402_300_799_999_999))).ToList();
        foreach (var moment in moments)
        {
            Assert.Equal(moment.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture), moment.ToString());
            Assert.True(Timestamp.TryParse(moment.ToString(), out var again));
            Assert.Equal(moment, again);
        }
        Assert.Equal(moments.Order().Select(moment => moment.ToString()), moments.Select(moment => moment.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Moments_compare_and_add_up()
    {
        Timestamp one = new(1), two = new(2);
        Assert.True(one < two && two > one && one <= two && two >= one && one.CompareTo(two) < 0);
        Assert.Equal(two, one + TimeSpan.FromMicroseconds(1));
        Assert.Equal(one, two - TimeSpan.FromMicroseconds(1));
        Assert.Equal(one, Timestamp.From(DateTimeOffset.UnixEpoch.AddTicks(19)));
    }
}
