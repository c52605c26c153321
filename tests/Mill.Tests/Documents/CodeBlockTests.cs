using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The C# that the documents show is C# that was compiled: each block stands, line by line, in a file of the tests or of the samples.</summary>
public sealed class CodeBlockTests
{
    [Theory]
    [InlineData("dotnet.md", 5)]
    [InlineData("testing-github.md", 1)]
    [InlineData("../src/Mill.Testing.GitHub/README.md", 1)]
    public void Every_block_of_the_page_stands_in_a_file_that_is_compiled(string page, int least)
    {
        var files = Sources().Select(file => Lines(File.ReadAllLines(file))).ToList();
        var blocks = Blocks(File.ReadAllLines(Path.Combine(Repository.Root, "docs", page))).ToList();
        Assert.True(blocks.Count >= least, $"only {blocks.Count}");
        Assert.All(blocks, block => Assert.True(files.Any(file => Contains(file, block)), string.Join('\n', block)));
    }

    private static IEnumerable<string> Sources() => new[] { "tests/Mill.Tests/Extensions/Samples", "tests/Mill.Tests/Documents", "tests/Mill.ClusterTests/Extensions", "samples" }
        .SelectMany(directory => Directory.GetFiles(Path.Combine(Repository.Root, directory), "*.cs", SearchOption.AllDirectories));

    private static IEnumerable<string[]> Blocks(string[] page)
    {
        for (var line = 0; line < page.Length; line++)
        {
            if (page[line] is not "```csharp") continue;
            var end = Array.FindIndex(page, line, text => text is "```");
            yield return Lines(page[(line + 1)..end]);
            line = end;
        }
    }

    private static string[] Lines(string[] text) => [.. text.Select(line => line.Trim()).Where(line => line.Length > 0)];

    private static bool Contains(string[] file, string[] block) => Enumerable.Range(0, Math.Max(0, file.Length - block.Length + 1)).Any(at => file.AsSpan(at, block.Length).SequenceEqual(block));
}
