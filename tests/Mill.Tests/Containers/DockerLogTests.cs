using System.Buffers.Binary;
using System.Text;
using Mill.Node.Docker;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class DockerLogTests
{
    private const string At = "2026-01-01T00:00:00.000000199Z ";

    [Fact]
    public async Task Lines_of_two_streams_are_told_apart_wherever_they_are_cut()
    {
        var lines = await ReadAsync([.. Frame(1, At + "one\n" + At + "tw"), .. Frame(2, At + "error\r\n"), .. Frame(1, At + "o\n" + At + "last")]);
        Assert.Equal([("one", false), ("error", true), ("two", false), ("last", false)], lines.Select(line => (line.Text, line.IsError)));
        Assert.Equal(1, lines[0].At.UtcTicks % 10);
    }

    /// <summary>The Engine sends a long line in parts, each with a time of its own: in the middle of a value, that would keep it from being masked.</summary>
    [Fact]
    public async Task A_long_line_is_one_without_the_times_of_its_parts()
    {
        var lines = await ReadAsync([.. Frame(1, At + new string('a', 16 * 1024)), .. Frame(1, At + "secret"), .. Frame(1, At + "-value\n")]);
        Assert.Equal(new string('a', 16 * 1024) + "secret-value", Assert.Single(lines).Text);
    }

    [Fact]
    public async Task A_line_without_end_takes_no_more_than_its_limit()
    {
        var part = Frame(1, At + new string('a', 60_000));
        var lines = await ReadAsync([.. Enumerable.Repeat(part, 20).SelectMany(bytes => bytes)]);
        Assert.InRange(Assert.Single(lines).Text.Length, 1, 512 * 1024);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    public async Task A_stream_that_breaks_off_is_no_end(int left) => await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(Frame(1, At + "one\n")[..left]));

    private static byte[] Frame(byte stream, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + body.Length];
        frame[0] = stream;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        body.CopyTo(frame, 8);
        return frame;
    }

    private static async Task<List<LogLine>> ReadAsync(byte[] bytes)
    {
        var lines = new List<LogLine>();
        await foreach (var line in DockerLog.ReadAsync(new MemoryStream(bytes), default)) lines.Add(line);
        return lines;
    }
}
