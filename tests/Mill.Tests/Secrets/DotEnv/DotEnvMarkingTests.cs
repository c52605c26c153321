using System.Text;
using Mill.Secrets;
using Mill.Secrets.DotEnv;
using Xunit;

namespace Mill.Tests.Secrets.DotEnv;

public sealed class DotEnvMarkingTests
{
    [Fact]
    public void Values_are_taken_out_and_everything_else_stays_byte_for_byte()
    {
        using var marking = Mark("# A=1\r\nexport A = 'it #1' # note\r\nB=secret(b)\nA_=\nC: \"two\\nlines\"\nA='it #1'", "app/", "A", "A_", "B", "C");
        Assert.Equal("# A=1\r\nexport A = enc(app/A) # note\r\nB=secret(b)\nA_=\nC: enc(app/C)\nA=enc(app/A)", Encoding.UTF8.GetString(marking.Content));
        Assert.Equal(["app/A it #1", "app/C two\nlines"], marking.Values.Select(pair => $"{pair.Key} {pair.Value.Reveal(Encoding.UTF8.GetString)}"));
    }

    [Fact]
    public void What_would_leave_a_part_of_a_value_behind_or_has_two_of_them_is_refused()
    {
        var failure = Assert.Throws<MillException>(() => Mark("A=canary#rest\nB=canary1\nB=canary2\nC=kept#x\n", "", "A", "B"));
        Assert.Equal((MillError.InvalidEnv, "A 1:3, B 3:3"), (failure.Error, string.Join(", ", failure.Problems.Select(problem => $"{problem.Name} {problem.Line}:{problem.Column}"))));
        Assert.DoesNotContain("canary", failure.Message + string.Concat(failure.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_the_file_asks_for_in_another_place_is_refused()
    {
        var failure = Assert.Throws<MillException>(() => Mark("X=enc(app/DB_PASSWORD, canary1)\nDB_PASSWORD=canary2\n", "app/", "DB_PASSWORD"));
        Assert.Equal((MillError.InvalidEnv, "DB_PASSWORD 2:13"), (failure.Error, string.Join(", ", failure.Problems.Select(problem => $"{problem.Name} {problem.Line}:{problem.Column}"))));
        Assert.DoesNotContain("canary", failure.Message + string.Concat(failure.Problems), StringComparison.Ordinal);
    }

    private static DotEnvMarking Mark(string content, string prefix, params string[] keys)
    {
        var document = DotEnvDocument.Parse(Encoding.UTF8.GetBytes(content));
        return DotEnvMarking.Of(document, assignment => keys.Contains(Encoding.UTF8.GetString(document[assignment.Key])), prefix);
    }
}
