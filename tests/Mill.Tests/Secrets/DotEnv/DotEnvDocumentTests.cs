using System.Buffers;
using System.Text;
using Mill.Secrets.DotEnv;
using Xunit;

namespace Mill.Tests.Secrets.DotEnv;

/// <summary>A file is read as the reader reads it that everybody else follows, and nothing is said of a byte that does not stand there.</summary>
public sealed class DotEnvDocumentTests
{
    private static readonly string[] Bricks =
    [
        "A", "B_1", "c.d-e", "export ", "export", "=", "=", " = ", ":", ": ", " ", "\t", "\n", "\n", "\n", "\r\n", "\r", "'", "'", "\"", "\"", "`", "\\", "\\'", "\\\"", "\\n", "\\r", "#", " # ",
        "x", "é", "😀", "\u00a0", "\ufeff", "\u2028", "\u2029", "secret(A)", "\n\nB=1", "A='", "B=\"", "C=`", "D=", "'\n", "\"\n", "$X",
    ];

    [Theory]
    [InlineData("A=1", "A", "1")]
    [InlineData(" export A = 1 # one", "A", "1")]
    [InlineData("A=", "A", "")]
    [InlineData("A=''", "A", "")]
    [InlineData("A: 1", "A", "1")]
    [InlineData("A='a # b'", "A", "a # b")]
    [InlineData("A=a#b", "A", "a")]
    [InlineData("A=\"a\\nb\"", "A", "a\nb")]
    [InlineData("A='a\\nb'", "A", "a\\nb")]
    [InlineData("A=\"a\r\nb\"\r\n", "A", "a\nb")]
    [InlineData("A=`a'b\"c`", "A", "a'b\"c")]
    [InlineData("A=\"it is", "A", "\"it is")]
    [InlineData("A='x'y'", "A", "x'y")]
    [InlineData("A=C:\\dir\\", "A", "C:\\dir\\")]
    [InlineData("\ufeffA=1", "A", "1")]
    public void A_line_means_what_it_means_to_everybody(string text, string key, string value)
    {
        Assert.Equal([(key, value)], DotEnvPackage.Parse(text));
        Assert.Equal([(key, value)], Read(text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_text_is_read_as_the_reference_reads_it(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 5_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Bricks[random.Next(Bricks.Length)]));
            // Of quotes in a value that is not in quotes, on a second line that only JavaScript sees, the reference takes off those, too: nothing that is written ever looks so.
            if (IsOdd(text)) continue;
            Assert.True(DotEnvPackage.Parse(text).SequenceEqual(Read(text)), $"seed {seed}, text {i}: {Encode(text)}\nreference {Show(DotEnvPackage.Parse(text))}\nread      {Show(Read(text))}");
        }
    }

    [Fact]
    public void Any_bytes_are_read_and_every_part_lies_inside()
    {
        var (random, telling) = (new Random(5), "A=B\n'\"`\\# \r:secret(enc)@,"u8.ToArray());
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            for (var b = 0; b < bytes.Length; b++) if (random.Next(3) > 0) bytes[b] = telling[random.Next(telling.Length)];
            var document = DotEnvDocument.Parse(bytes);
            var last = 0;
            foreach (var (start, key, after, value, _, _) in document.Assignments)
            {
                Assert.True(last <= start && start <= key.Start && key.End < after && after <= value.Start && value.End <= bytes.Length);
                last = value.End;
            }
        }
    }

    private static bool IsOdd(string text)
    {
        var document = DotEnvDocument.Parse(Encoding.UTF8.GetBytes(text));
        return document.Assignments.Any(assignment => assignment.Quote is 0 && Encoding.UTF8.GetString(document[assignment.Value]).IndexOfAny(['\u2028', '\u2029']) >= 0);
    }

    /// <summary>What took a second for each of these would take hours for a large file.</summary>
    [Theory]
    [InlineData("A='\\'\n")]
    [InlineData("A=\"\n")]
    [InlineData("A=\n")]
    [InlineData("A\n")]
    [InlineData("export\n")]
    [InlineData("\n")]
    [InlineData("A=`\\`x\n")]
    public void A_large_file_is_read_in_one_pass(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, 200_000)));
        Assert.NotNull(DotEnvDocument.Parse(bytes));
    }

    /// <summary>With a look from the beginning for each of them, it would be hours.</summary>
    [Theory]
    [InlineData("secret(a)")]
    [InlineData("secret(")]
    [InlineData("enc(a,")]
    [InlineData("enc(a,b)")]
    [InlineData("\\secret(")]
    public void One_long_line_is_read_in_one_pass_and_every_place_is_known(string piece)
    {
        var document = DotEnvDocument.Parse(Encoding.UTF8.GetBytes("A=" + string.Concat(Enumerable.Repeat(piece, 500_000))));
        var last = 0;
        foreach (var found in DotEnvPiece.Of(document, document.Assignments[0].Inner))
        {
            var (line, column) = document.PlaceOf(found.Whole.Start);
            Assert.True(line == 1 && column > last);
            last = column;
        }
    }

    [Fact]
    public void A_place_is_a_line_and_a_character()
    {
        var text = "\ufeffA=1\r\nÄ😀B=2\rC\n\nD";
        var document = DotEnvDocument.Parse(Encoding.UTF8.GetBytes(text));
        (int, int) Of(string what) => document.PlaceOf(Encoding.UTF8.GetByteCount(text[..text.IndexOf(what, StringComparison.Ordinal)]));
        Assert.Equal((1, 1), Of("A"));
        Assert.Equal((1, 3), Of("1"));
        Assert.Equal((2, 3), Of("B"));
        Assert.Equal((3, 1), Of("C"));
        Assert.Equal((5, 1), Of("D"));
    }

    internal static IReadOnlyList<(string Key, string Value)> Read(string text)
    {
        var document = DotEnvDocument.Parse(Encoding.UTF8.GetBytes(text));
        return [.. document.Assignments.Select(assignment => (Encoding.UTF8.GetString(document[assignment.Key]), Value(document, assignment)))];
    }

    private static string Value(DotEnvDocument document, DotEnvAssignment assignment)
    {
        var writer = new ArrayBufferWriter<byte>();
        document.WriteText(assignment.Inner, assignment.IsEscaped, writer);
        return Encoding.UTF8.GetString(writer.WrittenSpan);
    }

    private static string Show(IEnumerable<(string Key, string Value)> read) => string.Join(", ", read.Select(one => $"{Encode(one.Key)}={Encode(one.Value)}"));

    private static string Encode(string text) => System.Text.Json.JsonSerializer.Serialize(text);
}
