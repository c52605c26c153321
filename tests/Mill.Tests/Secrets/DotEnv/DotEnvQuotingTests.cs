using System.Buffers;
using System.Text;
using Mill.Secrets.DotEnv;
using Xunit;

namespace Mill.Tests.Secrets.DotEnv;

/// <summary>Whatever is written is read back as the same bytes; what cannot be is refused.</summary>
public sealed class DotEnvQuotingTests
{
    private static readonly string[] Bricks = ["a", "b c", " ", "\t", "\n", "\r", "\r\n", "'", "\"", "`", "\\", "\\n", "\\r", "#", "$x", "${y}", "=", "(", ")", "é", "😀", "\u00a0", "\u2028", "\ufeff", ";", "&", "|", "%s", "!", "*", "~", "export A=1"];

    [Theory]
    [InlineData("plain-1.0_x/y:z@h", "plain-1.0_x/y:z@h")]
    [InlineData("", "''")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's", "\"it's\"")]
    [InlineData("it's $5", "`it's $5`")]
    [InlineData("a\nb", "'a\nb'")]
    [InlineData("a\rb", "\"a\\rb\"")]
    [InlineData("C:\\my dir\\", "C:\\my dir\\")]
    [InlineData("'\"`", null)]
    [InlineData("a\r\"", null)]
    [InlineData("a#\\", null)]
    [InlineData("a\0b", null)]
    public void For_dotenv_the_first_quotes_that_fit_are_taken(string value, string? written) => Assert.Equal(written, Write(DotEnvFormat.Dotenv, value).Written);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("", "''")]
    public void For_a_shell_everything_is_in_single_quotes(string value, string written) => Assert.Equal(written, Write(DotEnvFormat.Shell, value).Written);

    [Theory]
    [InlineData(" a 'b' # c", " a 'b' # c")]
    [InlineData("a\nb", null)]
    [InlineData("a\r", null)]
    public void For_docker_a_value_is_what_it_is_or_refused(string value, string? written) => Assert.Equal(written, Write(DotEnvFormat.Docker, value).Written);

    [Fact]
    public void A_refusal_says_why_and_writes_nothing()
    {
        var writer = new ArrayBufferWriter<byte>();
        Assert.Equal("is not text in UTF-8", DotEnvQuoting.TryWrite(DotEnvFormat.Shell, [0xff], 2, writer));
        Assert.Equal("holds a NUL byte", DotEnvQuoting.TryWrite(DotEnvFormat.Dotenv, [0], 2, writer));
        Assert.Equal("is too long for one line", DotEnvQuoting.TryWrite(DotEnvFormat.Docker, Encoding.ASCII.GetBytes(new string('x', 64 * 1024)), 2, writer));
        Assert.Equal(0, writer.WrittenCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_written_for_dotenv_is_read_back_as_the_same_between_any_others(int seed)
    {
        var random = new Random(seed);
        var (carried, refused) = (0, 0);
        for (var i = 0; i < 3_000; i++)
        {
            var values = Enumerable.Range(0, 3).Select(_ => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Bricks[random.Next(Bricks.Length)]))).ToList();
            var written = values.Select(value => Write(DotEnvFormat.Dotenv, value).Written).ToList();
            refused += written.Count(text => text is null);
            var carriedValues = values.Zip(written).Where(pair => pair.Second is not null).ToList();
            carried += carriedValues.Count;
            var file = string.Concat(carriedValues.Select((pair, at) => $"K{at}={pair.Second} # end\n"));
            var expected = carriedValues.Select((pair, at) => ($"K{at}", pair.First)).ToList();
            Assert.Equal(expected, DotEnvPackage.Parse(file));
            Assert.Equal(expected, DotEnvDocumentTests.Read(file));
        }
        Assert.True(carried > 6_000 && refused > 100, $"{carried} carried, {refused} refused");
    }

    private static (string? Written, string? Why) Write(DotEnvFormat format, string value)
    {
        var writer = new ArrayBufferWriter<byte>();
        var why = DotEnvQuoting.TryWrite(format, Encoding.UTF8.GetBytes(value), 2, writer);
        return (why is null ? Encoding.UTF8.GetString(writer.WrittenSpan) : null, why);
    }
}
