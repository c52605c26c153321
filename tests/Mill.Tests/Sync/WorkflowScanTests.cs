using System.Text.RegularExpressions;
using Mill.Sync.Requirements;
using Xunit;

namespace Mill.Tests.Sync;

public sealed partial class WorkflowScanTests
{
    private static readonly string Corpus = Path.Combine(Repository.Root, "tests", "Mill.Tests", "Sync", "Workflows");

    public static TheoryData<string> Workflows => [.. Directory.GetFiles(Corpus, "*.yml").Select(path => Path.GetFileNameWithoutExtension(path)!).Order()];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_uses_what_stands_beside_it(string name)
    {
        var text = File.ReadAllText(Path.Combine(Corpus, $"{name}.yml"));
        var findings = WorkflowScan.Of(text, "w");
        var lines = findings.Uses.Select(use => $"{use.Place!.Line}:{use.Place.Column} {use.Name}{(use.Environment is { } environment ? $" @{environment.Name ?? "?"}" : "")}")
            .Concat(findings.Notes.Select(note => $"{note.Line}:{note.Column} note {note.Code}"));
        Assert.Equal(File.ReadAllLines(Path.Combine(Corpus, $"{name}.expected")), lines);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void At_each_place_stands_the_name(string name)
    {
        var text = File.ReadAllText(Path.Combine(Corpus, $"{name}.yml"));
        foreach (var ending in new[] { "\n", "\r\n" })
        {
            var lines = text.Split('\n');
            foreach (var use in WorkflowScan.Of(text.Replace("\n", ending, StringComparison.Ordinal), "w").Uses)
            {
                Assert.StartsWith(use.Name, lines[use.Place!.Line - 1][(use.Place.Column - 1)..], StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    /// <summary>Nothing that looks like a use is left out, but for comments, texts and plain words.</summary>
    [Theory]
    [MemberData(nameof(Workflows))]
    public void No_use_is_overlooked(string name)
    {
        var text = File.ReadAllText(Path.Combine(Corpus, $"{name}.yml"));
        var lines = text.Split('\n');
        var found = WorkflowScan.Of(text, "w").Uses.Select(use => (use.Place!.Line, use.Name)).ToHashSet();
        for (var i = 0; i < lines.Length; i++)
        {
            // The corpus marks what only looks like one.
            if (lines[i].Contains("no use", StringComparison.Ordinal)) continue;
            foreach (Match match in Looks().Matches(lines[i]))
            {
                var use = match.Groups["name"].Value.ToUpperInvariant();
                if (use is not "GITHUB_TOKEN") Assert.Contains((i + 1, use), found);
            }
        }
    }

    [Theory]
    [InlineData("a: ${{ secrets.X }}", "1:16 X")]
    [InlineData("a: ${{ SECRETS.x }}", "1:16 X")]
    [InlineData("a: ${{ secrets['X'] }}", "1:17 X")]
    [InlineData("a: '${{ secrets[''X''] }}'", "1:19 X")]
    [InlineData("a: \"é${{ secrets['X'] }}\"", "1:19 X")]
    [InlineData("a: \"\\u00e9\\t${{ secrets[\\x27X\\x27] }}\"", "1:29 X")]
    [InlineData("a: \"🙂 ${{ secrets.X }}\"", "1:20 X")]
    [InlineData("a: b # ${{ secrets.X }}", "")]
    [InlineData("a: secrets.X", "")]
    [InlineData("a: ${{ 'it''s secrets.X' }}", "")]
    [InlineData("a: ${{ github.secrets.X }}", "")]
    [InlineData("a: ${{ my_secrets.X || secrets_x.Y }}", "")]
    [InlineData("a: ${{ secrets.GITHUB_TOKEN || secrets.github_token }}", "")]
    [InlineData("a: ${{ secrets . X }}", "1:18 X")]
    [InlineData("a: ${{ secrets.X || secrets.Y && format('{0}', secrets.Z) }}", "1:16 X|1:29 Y|1:56 Z")]
    [InlineData("a: ${{ secrets.X.length }}", "1:16 X")]
    [InlineData("a: |- # ${{ secrets.NO }}\n  ${{ secrets.X }}\n", "2:15 X")]
    [InlineData("a: >\n\n   x\n   ${{ secrets\n     .X }}\n", "5:7 X")]
    [InlineData("a: &b !!str ${{ secrets.X }}", "1:25 X")]
    [InlineData("a: &b # ${{ secrets.NO }}\n  ${{ secrets.X }}", "2:15 X")]
    [InlineData("${{ secrets.X }}: b", "1:13 X")]
    [InlineData("a: x ${{ secrets.X", "1:18 X")]
    [InlineData("a: [b, \"c ${{ secrets.X }} d\"]", "1:23 X")]
    [InlineData("a: [b, c ${{ secrets.X }} d]", "1:11 note unreadable_workflow")]
    [InlineData("a: ${{ secrets[format('{0}', secrets.X)] }}", "1:38 X|1:8 note computed_name")]
    [InlineData("a: ${{ secrets['X' ] }}", "1:17 X")]
    [InlineData("a: ${{ secrets['X' == 1] }}", "1:8 note computed_name")]
    [InlineData("a: ${{ secrets[matrix.name] }}", "1:8 note computed_name")]
    [InlineData("a: ${{ toJSON( Secrets ) }}", "1:16 note all_secrets")]
    [InlineData("a: ${{ secrets.* }}", "1:8 note all_secrets")]
    [InlineData("a: ${{ secrets }}", "1:8 note all_secrets")]
    [InlineData("a: ${{ secrets.MY-KEY }}", "1:16 note impossible_name")]
    [InlineData("a: ${{ secrets.GITHUB_PAT }}", "1:16 note impossible_name")]
    [InlineData("- a", "1:1 note unreadable_workflow")]
    [InlineData("", "1:1 note unreadable_workflow")]
    [InlineData("a: *b", "1:4 note unreadable_workflow")]
    [InlineData("jobs:\n j:\n  if: secrets.X != ''", "3:15 X")]
    [InlineData("jobs:\n j:\n  if: ${{ secrets.X }} && secrets.Y", "3:19 X")]
    [InlineData("jobs:\n j:\n  steps: [{if: \"secrets['X'] == 'secrets.Y'\"}, {with: {if: secrets.Z}}]", "3:26 X")]
    [InlineData("jobs:\n j:\n  environment: prod\n  env: {A: \"${{ secrets.X }}\"}", "4:25 X @prod")]
    [InlineData("env: {A: \"${{ secrets.X }}\"}\njobs:\n a: {environment: {name: prod, url: x}}\n b: {environment: Prod}\n c: {}", "1:23 X @prod|1:23 X")]
    [InlineData("jobs:\n a: {environment: \"${{ inputs.where }}\", x: \"${{ secrets.X }}\"}", "2:58 X @?|2:19 note computed_environment")]
    [InlineData("jobs:\n a: {environment: p, steps: [&s {run: \"${{ secrets.X }}\"}]}\n b: {steps: [*s, *s]}", "2:52 X @p|2:52 X")]
    [InlineData("jobs:\n a: {uses: ./.github/workflows/b.yml, secrets: inherit}", "2:48 note inherited_secrets")]
    [InlineData("jobs:\n a: {uses: ./.github/workflows/b.yml, secrets: {key: \"${{ secrets.X }}\"}}", "2:67 X")]
    [InlineData("on: {workflow_call: {secrets: {key: {required: true}}}}\njobs: {a: {x: \"${{ secrets.KEY || secrets.X }}\"}}", "2:43 X")]
    [InlineData("on: {push: {}, workflow_call: {secrets: {key: {required: true}}}}\njobs: {a: {x: \"${{ secrets.KEY }}\"}}", "2:28 KEY")]
    public void Uses_and_notes_have_the_place_of_the_name(string text, string expected)
    {
        var findings = WorkflowScan.Of(text, "w");
        var uses = findings.Uses.Select(use => $"{use.Place!.Line}:{use.Place.Column} {use.Name}{(use.Environment is { } environment ? $" @{environment.Name ?? "?"}" : "")}");
        Assert.Equal(expected, string.Join('|', uses.Concat(findings.Notes.Select(note => $"{note.Line}:{note.Column} note {note.Code}"))));
    }

    [Fact]
    public void What_is_no_yaml_is_a_note_with_its_place()
    {
        var note = Assert.Single(WorkflowScan.Of("on: push\njobs: [a\n", "ci.yml").Notes);
        Assert.Equal(("ci.yml", WorkflowNotes.UnreadableWorkflow), (note.File, note.Code));
        Assert.NotNull(note.Line);
    }

    [Fact]
    public void Aliases_of_aliases_take_no_time()
    {
        var bomb = "x0: &x0 [\"${{ secrets.X }}\"]\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"x{i}: &x{i} [{string.Join(", ", Enumerable.Repeat($"*x{i - 1}", 9))}]\n")) + "jobs: {a: {x: *x40}, b: {environment: e, steps: *x40}}\n";
        Assert.Equal(2, WorkflowScan.Of(bomb, "w").Uses.Count);
    }

    [Fact]
    public void Jobs_that_are_all_made_of_one_textlist_are_not_looked_at_for_ever()
    {
        var text = $"x: &x [{string.Join(", ", Enumerable.Range(0, 20_000).Select(i => $"a{i}"))}]\njobs:\n{string.Concat(Enumerable.Range(0, 20_000).Select(i => $" j{i}: {{y: *x}}\n"))}";
        Assert.Equal(WorkflowNotes.UnreadableWorkflow, Assert.Single(WorkflowScan.Of(text, "w").Notes).Code);
    }

    [Fact]
    public async Task A_directory_is_read_by_name_and_what_is_no_workflow_left_alone()
    {
        var directory = Directory.CreateTempSubdirectory("mill-sync-").FullName;
        try
        {
            Assert.Null(await WorkflowScan.ReadAsync(Path.Combine(directory, "none"), Path.GetFileName!, default));
            foreach (var (file, name) in new[] { ("b.yml", "B"), ("a.yaml", "A"), ("c.yml.off", "C"), ("README.md", "D") }) await File.WriteAllTextAsync(Path.Combine(directory, file), $"a: ${{{{ secrets.{name} }}}}");
            Directory.CreateDirectory(Path.Combine(directory, "below"));
            await File.WriteAllTextAsync(Path.Combine(directory, "below", "e.yml"), "a: ${{ secrets.E }}");
            await File.WriteAllBytesAsync(Path.Combine(directory, "z.yml"), [0xff]);
            var findings = await WorkflowScan.ReadAsync(directory, Path.GetFileName!, default);
            Assert.Equal(["a.yaml A", "b.yml B"], findings!.Uses.Select(use => $"{use.Place!.File} {use.Name}"));
            Assert.Equal(("z.yml", WorkflowNotes.UnreadableWorkflow), (Assert.Single(findings.Notes).File, findings.Notes[0].Code));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Whatever_becomes_of_a_workflow_it_is_read_without_failing()
    {
        var random = new Random(11);
        var texts = Directory.GetFiles(Corpus, "*.yml").Select(File.ReadAllText).ToList();
        const string Characters = "\n\r\t \"'|>&*!#:-{}[]?,%@`$\\\0é🙂";
        for (var i = 0; i < 3000; i++)
        {
            var text = texts[random.Next(texts.Count)].ToCharArray();
            for (var edits = random.Next(1, 6); edits > 0; edits--) text[random.Next(text.Length)] = Characters[random.Next(Characters.Length)];
            var whole = new string(text)[..random.Next(1, text.Length)];
            Assert.NotNull(WorkflowScan.Of(whole, "w"));
        }
    }

    [GeneratedRegex(@"\bsecrets(\.|\[')(?<name>[A-Za-z0-9_]+)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Looks();
}
