using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Mill.Secrets.DotEnv;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Env;

/// <summary>
/// Files as people have them for the frameworks of this world: encrypted and expanded again, every reader gives what it gave before; or what stands in the way is named by line and column. A file is read as the
/// dotenv package reads it, so where a shell or docker read the plaintext otherwise (quotes, <c>$</c>), what was encrypted is what the package gave.
/// </summary>
public sealed class CorpusTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private readonly Sandbox _sandbox = new();
    private MillServer _server = null!;

    public async Task InitializeAsync() => _server = await MillServer.StartAsync(_sandbox);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Encrypted_and_expanded_again_every_reader_gives_what_it_gave_before(bool isAll)
    {
        var files = new List<Encrypted>();
        foreach (var path in Directory.GetFiles(Path.Combine(Page.Root, "tests", "Mill.ClusterTests", "Env", "corpus"), "*.env").Order(StringComparer.Ordinal))
        {
            if (await EncryptAsync(path, isAll) is { } encrypted) files.Add(encrypted);
        }
        Assert.True(files.Count >= 20);
        var plain = await EnvReaders.DotenvAsync([.. files.Select(file => file.Plain)]);
        await DotenvAsync(files, plain);
        await DockerAsync(files, plain);
        foreach (var shell in new[] { "bash", "dash" }) await ShellAsync(shell, files, plain);
    }

    private async Task DotenvAsync(List<Encrypted> files, IReadOnlyList<Dictionary<string, string>> plain)
    {
        var expanded = await ExpandAsync(files, "dotenv");
        var read = await EnvReaders.DotenvAsync([.. expanded.Select(file => file ?? "/dev/null")]);
        for (var i = 0; i < files.Count; i++)
        {
            if (expanded[i] is not null) Same("dotenv", files[i], plain[i], read[i]);
        }
        expanded = await ExpandAsync(files, "json");
        for (var i = 0; i < files.Count; i++)
        {
            if (expanded[i] is { } file) Same("json", files[i], plain[i], JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(file))!);
        }
    }

    private async Task DockerAsync(List<Encrypted> files, IReadOnlyList<Dictionary<string, string>> plain)
    {
        var expanded = await ExpandAsync(files, "docker");
        for (var i = 0; i < files.Count; i++)
        {
            if (expanded[i] is not { } file) continue;
            var read = EnvReaders.DockerRules(file);
            Assert.All(files[i].Keys, key => Assert.Equal(plain[i][key], read[key]));
        }
    }

    private async Task ShellAsync(string shell, List<Encrypted> files, IReadOnlyList<Dictionary<string, string>> plain)
    {
        var before = await EnvReaders.ShellAsync(shell, [.. files.Select(file => file.Plain)]);
        var expanded = await ExpandAsync(files, "shell");
        var after = await EnvReaders.ShellAsync(shell, [.. expanded.Select(file => file ?? "/dev/null")]);
        var (same, other) = (0, 0);
        for (var i = 0; i < files.Count; i++)
        {
            if (expanded[i] is not { } file || before[i] is not { } was) continue;
            Assert.True(after[i] is not null, $"{shell} read {files[i].Name}, and complains of what became of it: {await File.ReadAllTextAsync(file + ".err")}");
            foreach (var key in plain[i].Keys.Where(was.ContainsKey))
            {
                var isStored = files[i].Keys.Contains(key);
                // The ends of lines are the shell's own by now: the last byte of a value is no \r any more.
                Assert.True((isStored ? plain[i][key] : was[key].TrimEnd('\r')) == after[i]![key], $"{shell}, {files[i].Name}: {key}");
                if (was[key] == after[i]![key]) same++;
                else other++;
            }
        }
        output.WriteLine($"{shell}: {same} variables as before, {other} as the dotenv package has them; {before.Count(read => read is null)} files were made for others");
        Assert.True(same > 50);
    }

    private static void Same(string reader, Encrypted file, Dictionary<string, string> plain, Dictionary<string, string> read) =>
        Assert.True(plain.OrderBy(pair => pair.Key, StringComparer.Ordinal).SequenceEqual(read.OrderBy(pair => pair.Key, StringComparer.Ordinal)), $"{reader}, {file.Name}: {string.Join(", ", plain.Except(read).Concat(read.Except(plain)))}");

    /// <summary>The file with references in the place of its secrets; null where its problem was named.</summary>
    private async Task<Encrypted?> EncryptAsync(string path, bool isAll)
    {
        var (name, content) = (Path.GetFileNameWithoutExtension(path), await File.ReadAllBytesAsync(path));
        var document = DotEnvDocument.Parse(content);
        DotEnvMarking marking;
        try
        {
            marking = DotEnvMarking.Of(document, assignment => isAll || SecretLook.Find(document, assignment) is not null, name + "/");
        }
        catch (MillException e)
        {
            Assert.NotEmpty(e.Problems);
            foreach (var problem in e.Problems) Named(name, problem.Line, problem.Column, problem.Detail);
            return null;
        }
        using (marking)
        {
            var body = new JsonObject { ["content"] = Encoding.UTF8.GetString(marking.Content), ["values"] = new JsonObject(marking.Values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.Reveal(Encoding.UTF8.GetString)))) };
            var answer = await _server.Api.SendAsync(HttpMethod.Post, "/v1/env/encrypt", body);
            Assert.True(answer.Status == 200, $"{name}: {answer}");
            var text = answer.Body!["content"]!.GetValue<string>();
            foreach (var value in marking.Values.Values.Select(value => value.Reveal(Encoding.UTF8.GetString)).Where(value => value.Length > 12)) Assert.DoesNotContain(value, text, StringComparison.Ordinal);
            var plain = Path.Combine(_sandbox.Root, $"{name}.plain");
            await File.WriteAllBytesAsync(plain, content);
            return new(name, plain, text, marking.Values.Keys.Select(key => key[(key.LastIndexOf('/') + 1)..]).ToHashSet());
        }
    }

    /// <summary>The files as this format has them; null where the format cannot carry one, and that was named.</summary>
    private async Task<IReadOnlyList<string?>> ExpandAsync(List<Encrypted> files, string format)
    {
        var paths = new List<string?>();
        foreach (var file in files)
        {
            var answer = await _server.Api.SendAsync(HttpMethod.Post, "/v1/env/expand", new JsonObject { ["content"] = file.Content, ["format"] = format });
            if (answer.Status == 200)
            {
                paths.Add(Path.Combine(_sandbox.Root, $"{file.Name}.{format}"));
                await File.WriteAllTextAsync(paths[^1]!, answer.Body!["content"]!.GetValue<string>(), new UTF8Encoding(false));
                continue;
            }
            Assert.Equal(422, answer.Status);
            foreach (var error in answer.Body!["errors"]!.AsArray()) Named($"{file.Name}, {format}", (int?)error!["line"], (int?)error["column"], (string?)error["detail"]);
            paths.Add(null);
        }
        return paths;
    }

    private void Named(string what, int? line, int? column, string? detail)
    {
        Assert.True(line > 0 && column > 0 && !string.IsNullOrEmpty(detail), $"{what}: {detail}");
        output.WriteLine($"{what}:{line}:{column}: {detail}");
    }

    /// <param name="Name">Of the file, without its ending.</param>
    /// <param name="Plain">Where it lies as it was.</param>
    /// <param name="Content">What it became.</param>
    /// <param name="Keys">The variables whose values were stored.</param>
    private sealed record Encrypted(string Name, string Plain, string Content, IReadOnlySet<string> Keys);
}
