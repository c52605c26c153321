using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Env;

/// <summary>The readers that the formats are for, themselves: each gives back exactly the bytes that are stored, or the format has refused the value by name.</summary>
public sealed class ReaderTests(StoredValues stored, ITestOutputHelper output) : IClassFixture<StoredValues>
{
    /// <summary>In one file: what one program can be given as its environment.</summary>
    private const int PerFile = 4000;

    /// <summary>What stands around a reference, on its line and between the lines. Harmless for every reader.</summary>
    private static readonly string[] Before = ["", "  ", "\t", "export ", " export  "];
    private static readonly string[] After = ["", " ", " # it's", "\t# \"x"];
    private static readonly string[] Between = ["", "\n", "# it's a comment\n", "Z1=plain\n", "Z2='in quotes # x'\n", "Z3=\"two\nlines\"\n", "Z4=\n"];

    [Theory]
    [InlineData("bash")]
    [InlineData("dash")]
    public async Task A_shell_reads_what_is_stored(string shell)
    {
        var files = await ExpandAsync("shell");
        Assert.Equal(stored.All.Count, files.Sum(file => file.Carried.Count));
        foreach (var (file, read) in files.Zip(await EnvReaders.ShellAsync(shell, [.. files.Select(file => file.Path)])))
        {
            Assert.True(read is not null, $"{shell} complains of it: {File.ReadAllText(file.Path + ".err")}");
            Same(file, read);
        }
    }

    [Fact]
    public async Task The_dotenv_package_for_Node_reads_what_is_stored()
    {
        var files = await ExpandAsync("dotenv");
        foreach (var (file, read) in files.Zip(await EnvReaders.DotenvAsync([.. files.Select(file => file.Path)]))) Same(file, read);
        Assert.True(files.Sum(file => file.Carried.Count) > stored.All.Count * 3 / 4);
    }

    [Fact]
    public async Task What_docker_reads_is_what_is_stored()
    {
        foreach (var file in await ExpandAsync("docker"))
        {
            Same(file, EnvReaders.DockerRules(file.Path));
            if (await DockerClient.ReadAsync(stored.Sandbox.Root, file.Path) is { } read) Same(file, read);
            else output.WriteLine("There is no docker here: only the rules that it follows were.");
            Assert.Equal(file.Carried, file.Numbers.Where(i => stored.All[i].AsSpan().IndexOfAny("\r\n") < 0));
        }
    }

    [Fact]
    public async Task Any_JSON_reader_reads_what_is_stored()
    {
        foreach (var file in await ExpandAsync("json"))
        {
            Assert.Equal(file.Numbers, file.Carried);
            Same(file, JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(file.Path))!);
        }
    }

    private void Same(Expanded file, IReadOnlyDictionary<string, string> read) => Assert.All(file.Carried, i => Assert.Equal(stored.All[i], read[$"K{i}"]));

    /// <summary>All values that the format carries; those that it refuses have been named, and left out.</summary>
    private async Task<IReadOnlyList<Expanded>> ExpandAsync(string format)
    {
        var files = new List<Expanded>();
        foreach (var numbers in Enumerable.Range(0, stored.All.Count).Chunk(PerFile)) files.Add(await ExpandAsync(format, numbers));
        output.WriteLine($"{format}: {files.Sum(file => file.Carried.Count)} of {stored.All.Count} values carried, the others refused by name");
        return files;
    }

    private async Task<Expanded> ExpandAsync(string format, int[] numbers)
    {
        var wanted = numbers.ToList();
        while (true)
        {
            var random = new Random(9);
            string Any(string[] texts) => texts[random.Next(texts.Length)];
            var end = format is "docker" ? "\n" : Any(["\n", "\r\n"]);
            var content = "\ufeff" + string.Concat(wanted.Select(i => $"{Any(Between)}{Any(Before)}K{i}=secret(v-{i}){Any(After)}\n")).Replace("\n", end, StringComparison.Ordinal);
            var answer = await stored.Api.SendAsync(HttpMethod.Post, "/v1/env/expand", new JsonObject { ["content"] = content, ["format"] = format });
            if (answer.Status == 200)
            {
                var path = Path.Combine(stored.Sandbox.Root, $"{format}-{numbers[0]}");
                await File.WriteAllTextAsync(path, answer.Body!["content"]!.GetValue<string>(), new UTF8Encoding(false));
                return new(path, numbers, wanted);
            }
            Assert.Equal(422, answer.Status);
            var refused = answer.Body!["errors"]!.AsArray().Select(error => int.Parse(error!["name"]!.GetValue<string>()[2..], CultureInfo.InvariantCulture)).ToHashSet();
            Assert.True(wanted.RemoveAll(refused.Contains) > 0, answer.Text);
        }
    }

    /// <param name="Path">The file.</param>
    /// <param name="Numbers">The values that were to be in it.</param>
    /// <param name="Carried">Those that are.</param>
    private sealed record Expanded(string Path, IReadOnlyList<int> Numbers, IReadOnlyList<int> Carried);
}
