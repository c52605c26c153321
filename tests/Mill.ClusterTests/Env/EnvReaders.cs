using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Env;

/// <summary>The readers of files of variables, as processes of their own: each reads any number of files in one.</summary>
internal static class EnvReaders
{
    private const string Node = "console.log(JSON.stringify(process.argv.slice(2).map(file => require(process.argv[1]).parse(require('fs').readFileSync(file)))))";

    /// <summary>Each file in a shell that has nothing but its variables then, even those that hold line ends. What it says, and what it complains of, stand beside the file.</summary>
    private const string Shell = "for file; do (set -a; . \"$file\" && exec env -0) >\"$file.out\" 2>\"$file.err\" </dev/null || :; done";

    /// <summary>What the dotenv package for Node reads.</summary>
    public static async Task<IReadOnlyList<Dictionary<string, string>>> DotenvAsync(params string[] files)
    {
        var packages = BuildMetadata.Of("NodePackages");
        Assert.True(Directory.Exists(Path.Combine(packages, "dotenv")), $"There is no {packages}/dotenv: ./test installs it.");
        return JsonSerializer.Deserialize<List<Dictionary<string, string>>>(await RunAsync("node", ["-e", Node, Path.Combine(packages, "dotenv"), .. files]))!;
    }

    /// <summary>What a shell reads from each file; null where it complains of the file, as it does of many that were made for others.</summary>
    public static async Task<IReadOnlyList<Dictionary<string, string>?>> ShellAsync(string shell, params string[] files)
    {
        await RunAsync(shell, ["-c", Shell, shell, .. files]);
        return [.. files.Select(file => new FileInfo(file + ".err").Length > 0 || new FileInfo(file + ".out").Length == 0 ? null : Variables(File.ReadAllText(file + ".out").Split('\0', StringSplitOptions.RemoveEmptyEntries)))];
    }

    /// <summary>What docker reads, by the rules of its own reader: https://github.com/docker/cli/blob/v27.0.0/opts/file.go</summary>
    public static IReadOnlyDictionary<string, string> DockerRules(string file)
    {
        var lines = File.ReadAllText(file).Split('\n').Select(line => line.TrimEnd('\r').TrimStart(' ', '\t')).Where(line => line.Length > 0 && line[0] != '#').ToList();
        Assert.All(lines, line => Assert.True(Encoding.UTF8.GetByteCount(line) < 64 * 1024));
        return Variables(lines.Where(line => line.Contains('=', StringComparison.Ordinal)));
    }

    private static Dictionary<string, string> Variables(IEnumerable<string> lines)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in lines.Select(line => line.Split('=', 2))) variables[pair[0]] = pair[1];
        return variables;
    }

    private static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = new UTF8Encoding(false) };
        using var process = Process.Start(start)!;
        var (said, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        Assert.True(process.ExitCode == 0, $"{program}: {await errors}");
        return await said;
    }
}
