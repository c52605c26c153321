using System.Xml.Linq;
using Xunit;

namespace Mill.Tests.Architecture;

/// <summary>The table of docs/architecture.md is the law: who may reference whom.</summary>
public sealed class LayoutTests
{
    private static readonly Dictionary<string, (int Level, string[] References)> Table = new()
    {
        ["Mill"] = (3, ["Mill.Client", "Mill.Core", "Mill.Node", "Mill.Orchestration", "Mill.Secrets", "Mill.Server", "Mill.State", "Mill.Sync", "Mill.Vault"]),
        ["Mill.Server"] = (2, ["Mill.Client", "Mill.Core", "Mill.Secrets"]),
        ["Mill.Vault"] = (2, ["Mill.Core", "Mill.Secrets"]),
        ["Mill.State"] = (2, ["Mill.Core", "Mill.Secrets"]),
        ["Mill.Sync"] = (2, ["Mill.Core", "Mill.Secrets"]),
        ["Mill.Orchestration"] = (2, ["Mill.Core", "Mill.Secrets"]),
        ["Mill.Node"] = (2, ["Mill.Core", "Mill.Secrets"]),
        ["Mill.Extensions"] = (2, ["Mill.Client", "Mill.Secrets"]),
        ["Mill.Core"] = (1, ["Mill.Secrets"]),
        ["Mill.Client"] = (1, ["Mill.Secrets"]),
        ["Mill.Secrets"] = (0, []),
        ["Mill.Analyzers"] = (0, []),
        ["Mill.Testing.GitHub"] = (0, []),
    };

    [Fact]
    public void Every_project_references_exactly_what_the_table_says()
    {
        var actual = Directory.GetDirectories(Path.Combine(Repository.Root, "src"))
            .Select(directory => Directory.GetFiles(directory, "*.csproj").Single())
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), References);

        Assert.Equal(Table.Keys.Order(), actual.Keys.Order());
        Assert.All(Table, row => Assert.Equal(row.Value.References, actual[row.Key]));
    }

    [Fact]
    public void Arrows_only_point_to_lower_levels() =>
        Assert.All(Table, row => Assert.All(row.Value.References, reference => Assert.True(Table[reference].Level < row.Value.Level, $"{row.Key} -> {reference}")));

    [Fact]
    public void The_table_in_the_documents_is_the_same()
    {
        var rows = File.ReadLines(Path.Combine(Repository.Root, "docs", "architecture.md"))
            .Where(line => line.StartsWith("| `Mill", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[1].Trim('`'), cells => (Level: int.Parse(cells[2], null), References: cells[3].Split(", ", StringSplitOptions.RemoveEmptyEntries)));

        Assert.Equal(Table.Keys.Order(), rows.Keys.Order());
        Assert.All(Table, row =>
        {
            Assert.Equal(row.Value.Level, rows[row.Key].Level);
            Assert.Equal(row.Value.References, rows[row.Key].References.Where(name => name != "–").Select(name => "Mill." + name));
        });
    }

    /// <summary>A package keeps analyzers to itself unless its reference says otherwise.</summary>
    [Theory]
    [InlineData("Mill.Client", 1)]
    [InlineData("Mill.Extensions", 2)]
    public void Packages_pass_the_analyzers_on_that_come_with_what_they_need(string project, int count)
    {
        var references = XDocument.Load(Path.Combine(Repository.Root, "src", project, $"{project}.csproj")).Descendants("ProjectReference").ToList();
        Assert.Equal(count, references.Count);
        Assert.All(references, reference => Assert.Equal("none", reference.Attribute("PrivateAssets")?.Value));
    }

    private static string[] References(string projectFile) =>
        [.. XDocument.Load(projectFile).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).Order()];
}
