using System.Buffers;
using System.Globalization;
using Mill.Secrets;
using Mill.Secrets.DotEnv;
using Xunit;

namespace Mill.Tests.Secrets.DotEnv;

/// <summary>Random bytes: 5,000 files in a usual run, <c>MILL_FUZZ</c> says how many otherwise.</summary>
public sealed class DotEnvBytesTests
{
    private static readonly int Files = int.TryParse(Environment.GetEnvironmentVariable("MILL_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 5000;

    private static readonly byte[][] Bricks =
    [
        .. new[] { "A", "KEY", "=", "=", "\n", "\n", "\r\n", "\r", "'", "\"", "`", "\\", "#", " ", ":", "export ", "secret(", "secret(a)", "secret(a@", "enc(", "enc(A)", "enc(b,", "enc(A, ", ")", ")", "@1)", ",", "${", "$A", ":-", "}", "://", "a:b@", "\u2028", "\ufeff", "é" }
            .Select(System.Text.Encoding.UTF8.GetBytes),
        [0], [0xff], [0xc3], [0xe2, 0x80], [0xef, 0xbb],
    ];

    [Fact]
    public void Whatever_the_bytes_a_file_is_read_looked_at_rewritten_and_marked_or_refused_by_line_and_column()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MILL_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 20261122;
        for (var number = 0; number < Files; number++)
        {
            var bytes = Make(new Random(seed + number));
            try
            {
                Read(bytes);
                Mark(bytes);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, file {number}: {Convert.ToBase64String(bytes)}", e);
            }
        }
    }

    private static byte[] Make(Random random)
    {
        var bytes = new ArrayBufferWriter<byte>();
        for (var left = random.Next(40); left > 0; left--)
        {
            if (random.Next(8) > 0) bytes.Write(Bricks[random.Next(Bricks.Length)]);
            else
            {
                random.NextBytes(bytes.GetSpan(3)[..3]);
                bytes.Advance(3);
            }
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void Read(byte[] bytes)
    {
        var document = DotEnvDocument.Parse(bytes);
        foreach (var assignment in document.Assignments)
        {
            var place = assignment.Inner.Start;
            foreach (var piece in DotEnvPiece.Of(document, assignment.Inner))
            {
                Assert.True(piece.Whole.Start == place && piece.Whole.Length > 0);
                if (piece.Kind is DotEnvPieceKind.Secret or DotEnvPieceKind.Store) Assert.True(piece.Name.Start > piece.Whole.Start && piece.Name.End < piece.Whole.End);
                if (piece.Argument is { } argument)
                {
                    Assert.True(argument.Start > piece.Name.End && argument.End < piece.Whole.End);
                    Assert.True(DotEnvPiece.ReadVersion(document[argument]) is null or > 0);
                }
                place = piece.Whole.End;
            }
            Assert.Equal(assignment.Inner.End, place);
            using var literal = document.ReadLiteral(assignment);
            Assert.True(literal.Length <= assignment.Inner.Length);
            Assert.True(document.PlaceOf(assignment.Value.Start) is ( >= 1, >= 1));
            SecretLook.Find(document, assignment);
        }
        foreach (var format in new[] { DotEnvFormat.Dotenv, DotEnvFormat.Shell, DotEnvFormat.Docker }) Rewrite(document, format);
    }

    private static void Rewrite(DotEnvDocument document, DotEnvFormat format)
    {
        var output = new ArrayBufferWriter<byte>();
        var rewrite = new DotEnvRewrite(document, format, output);
        foreach (var assignment in document.Assignments) rewrite.Set(assignment, document[assignment.Inner]);
        rewrite.Finish();
        DotEnvDocument.Parse(output.WrittenMemory);
    }

    private static void Mark(byte[] bytes)
    {
        var document = DotEnvDocument.Parse(bytes);
        try
        {
            using var marking = DotEnvMarking.Of(document, _ => true);
            var marked = DotEnvDocument.Parse(marking.Content.ToArray());
            Assert.DoesNotContain(marked.Assignments, assignment => DotEnvMarking.IsLiteral(marked, assignment));
        }
        catch (MillException e)
        {
            Assert.NotEmpty(e.Problems);
            Assert.All(e.Problems, problem => Assert.True(problem is { Line: > 0, Column: > 0 }));
        }
    }
}
