using Mill.Core.Language;
using Mill.Core.Specs;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Language;

/// <summary>What a file may hold, and how much of what is wrong with it is told.</summary>
public sealed class MillLimitsTests
{
    [Fact]
    public void No_more_is_told_than_somebody_reads_and_it_is_the_first()
    {
        var failure = Refusal(string.Concat(Enumerable.Repeat("$\n=\n", 250_000)));

        Assert.Equal("app.mill has 100 mistakes at least.", failure.Message);
        Assert.Equal(100, failure.Problems.Count);
        Assert.Equal(failure.Problems.Select(problem => problem.Line).Order(), failure.Problems.Select(problem => problem.Line));
    }

    [Fact]
    public void A_file_of_many_services_is_refused_and_what_they_refer_to_is_looked_up_at_once()
    {
        var services = string.Concat(Enumerable.Range(0, 12_000).Select(i => $"service \"s{i}\" {{\n  image = \"i\"\n  env {{ A = \"${{service.t{i}.address}}\" }}\n}}\n"));

        var failure = Refusal(services);

        Assert.Contains("4001:1: A file has 1000 services and tasks at most.", Lines(Refusal(string.Concat(Enumerable.Range(0, 1_001).Select(i => $"service \"s{i}\" {{\n  image = \"i\"\n\n}}\n")))));
        Assert.Equal(100, failure.Problems.Count);
    }

    [Fact]
    public void A_very_long_name_is_compared_with_none_that_it_cannot_be() =>
        Assert.StartsWith("1:1: There is no a", Lines(Refusal(new string('a', 1 << 19) + " = 1")).Single(), StringComparison.Ordinal);

    [Fact]
    public void A_mistake_in_the_environment_or_in_a_file_is_told_once() =>
        Assert.Equal(
            ["3:11: service.web.env.A: empty secret name", "3:31: service.web.env.B is a text in quotes, a number, true or false.", "4:33: service.web.secret_file./a.content: empty secret name", "4:59: There is no user in secret_file. There are content, mode, uid, gid."],
            Lines(Refusal("service \"web\" {\n  image = \"a\"\n  env{ A=\"${secret()}\"; B   = [\"x\"] }\n  secret_file \"/a\" { content = \"${secret()}\"; mode=\"400\"; user = 5 }\n}")));

    [Theory]
    [InlineData("service \"web\" {\n  image = <<END ; cpu = 2\na\nEND\n}", "2:17: Behind <<END nothing else stands on the line: the text begins with the next.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  command = [<<A, \"x\"]\nb\nA\n  ]\n}", "3:17: Behind <<A nothing else stands on the line: the text begins with the next.")]
    [InlineData("service \"web\" {\n  image = \"a\\u0000b\"\n}", "2:13: A text cannot hold the character 0.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  command = [\"\\ud83d\"]\n}", "3:15: This is half a character: \\u stands here without the other half.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  constraints { disk = \"\\udc00x\" }\n}", "3:25: This is half a character: \\u stands here without the other half.")]
    [InlineData("service \"web\" {\n  image = \"a b\"\n}", "2:11: service.web.image has a blank in it.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  secret_file \"/k\" { content = \"${service.db.address}\" }\n}", "3:33: service.web.secret_file./k.content: unknown service reference 'db'.")]
    [InlineData("service \"db\" {\n  image = \"a\"\n  port = 1\n}\nregistry \"ghcr.io\" {\n  username = \"${service.db.address}\"\n  password = \"b\"\n}", "6:14: registry.ghcr.io.username refers to a service; here, only secrets can be referred to.")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  memory = \"5Mi\"\n}", "3:12: task.t.memory is 6Mi at least.")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  volume \"\" {\n    path = \"/a\"\n    ephemeral = true\n  }\n}", "3:10: task.t.volume. is no name. A name has 1 to 40 of a-z 0-9 -, begins with a letter, and does not end with -.")]
    [InlineData("service \"web\" {\n  image = \"a\"\n  port = 1\n  route \"\" { path = \"/\" }\n}", "4:9: service.web.route. is no host name.")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  secret_file \"\" { content = \"a\" }\n}", "3:15: task.t.secret_file. is no path: begin it with /, and leave out //, . and ..")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  secret_file \"/a\" {\n    content = \"a\"\n    uid = -1\n  }\n}", "5:11: task.t.secret_file./a.uid is a number from 0.")]
    [InlineData("task \"t\" {\n  image = \"a\"\n  volume \"a\" { path = \"/a\"; ephemeral = true }\n  volume \"b\" { path = \"/a\"; ephemeral = true }\n}", "4:23: task.t.volume.b.path is that of another volume or file, too.")]
    public void What_could_never_start_is_told_before_it_does(string text, string expected) => Assert.Equal([expected], Lines(Refusal(text)));

    [Fact]
    public void A_file_with_secrets_says_whose_it_is()
    {
        var file = MillFile.Read(new("app.mill", "task \"t\" {\n  image = \"a\"\n  secret_file \"/a\" {\n    content = \"b\"\n    uid = 1000\n    gid = 50\n  }\n}")).Tasks[0].Container.SecretFiles[0];

        Assert.Equal(new SecretFileSpec("/a", new("b"), "0400") { Uid = 1000, Gid = 50 }, file);
    }

    [Fact]
    public void A_text_over_several_lines_is_the_same_however_lines_end() =>
        Assert.All(["\n", "\r\n", "\r"], end => Assert.Equal("a\n\nb\n", MillFile.Read(new("app.mill", $"task \"t\" {{\n  image = \"a\"\n  env {{\n A = <<END\na\n\nb\nEND\n}}\n}}".Replace("\n", end, StringComparison.Ordinal))).Tasks[0].Container.Env["A"].Source));

    private static List<string> Lines(MillException failure) => [.. failure.Problems.Select(problem => $"{problem.Line}:{problem.Column}: {problem.Detail}")];

    private static MillException Refusal(string text) => Assert.Throws<MillException>(() => MillFile.Read(new("app.mill", text)));
}
