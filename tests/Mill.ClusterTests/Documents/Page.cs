using System.Text.RegularExpressions;
using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Documents;

/// <summary>A page of the documentation, and the commands in it.</summary>
internal sealed partial class Page
{
    private Page(string path) => (Path, Text) = (path, File.ReadAllText(System.IO.Path.Combine(Root, path)));

    public static string Root { get; } = BuildMetadata.Of("Repository");

    public string Path { get; }

    public string Text { get; }

    /// <summary>The lines of every block of commands, in their order.</summary>
    public IReadOnlyList<string> Commands => [.. Blocks().Matches(Text).SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Its commands run containers: see <see cref="Containers.QuickStartTests"/>.</summary>
    public bool NeedsEngine => Path is "docs/quickstart.md";

    /// <summary>The lines of the blocks that show commands, and are no such block because they need machines of their own.</summary>
    public IReadOnlyList<string> CommandsForMachines => [.. PlainBlocks().Where(block => Command().IsMatch(block[0]) && !Sync().IsMatch(block[0])).SelectMany(block => block)];

    /// <summary>The same of those that need a GitHub.</summary>
    public IReadOnlyList<string> CommandsForGitHub => [.. PlainBlocks().Where(block => Sync().IsMatch(block[0])).SelectMany(block => block)];

    /// <summary>The commands of mill that the sentences name: the words up to the first that is not a command's.</summary>
    public IReadOnlyList<string> Mentions => [.. Inline().Matches(Blocks().Replace(Text, "")).Select(mention => mention.Groups[1].Value.Trim()).Distinct()];

    public static IEnumerable<Page> All() =>
        Directory.GetFiles(System.IO.Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(Root, file))
            .Append("README.md").Order(StringComparer.Ordinal).Select(path => new Page(path));

    private IEnumerable<string[]> PlainBlocks() =>
        Fenced().Matches(Text).Where(block => block.Groups[1].Value is "").Select(block => block.Groups[2].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("^```([a-z]*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"^(?:[A-Z_]+=\S+ )*(?:sudo )?(?:\./)?(?:mill|curl|systemctl|test|bench|publish)\b")]
    private static partial Regex Command();

    [GeneratedRegex(@"^(?:[A-Z_]+=\S+ )*mill sync\b")]
    private static partial Regex Sync();

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("`(?:\\./)?mill((?: [a-z]+)+)[^`]*`")]
    private static partial Regex Inline();
}
