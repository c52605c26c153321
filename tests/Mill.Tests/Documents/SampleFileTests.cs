using Mill.Core.Language;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The .mill files that people begin with say something, and are written as everybody writes them.</summary>
public sealed class SampleFileTests
{
    public static TheoryData<string> Samples => [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "*.mill").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_sample_says_something_and_is_tidy(string name)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "samples", name));
        var spec = MillFile.Read(new(name, text));
        Assert.True(spec.Services.Count + spec.Tasks.Count > 0);
        Assert.Equal(text, MillFormat.Format(new(name, text)));
    }

    [Fact]
    public void The_file_that_the_page_shows_first_is_read_as_it_is()
    {
        const string Page = "mill-file.md";
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", Page));
        var start = text.IndexOf("```hcl\n", StringComparison.Ordinal) + 7;
        var shown = text[start..text.IndexOf("```\n", start, StringComparison.Ordinal)];
        Assert.Equal(shown, MillFormat.Format(new(Page, shown)));
        Assert.NotEmpty(MillFile.Read(new(Page, shown)).Services);
    }
}
