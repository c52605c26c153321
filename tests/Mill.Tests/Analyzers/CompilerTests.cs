using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Mill.Analyzers;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>In the compiler of the SDK, which is newer than the one that the analyzers are built with: there lists of arguments are spans.</summary>
public sealed partial class CompilerTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_compiler_of_the_SDK_runs_them_and_finds_the_same()
    {
        var source = Analysis.Head + """
            var a = string.Format("{0}{1}{2}{3}{4}", 1, 2, 3, 4, secret); // MILL0001
            builder.AppendFormat("{0}{1}{2}{3}{4}", 1, 2, 3, 4, secret); // MILL0001
            var b = string.Concat([text, secret]); // MILL0001
            Console.Write("{0} {1} {2} {3} {4}", 1, 2, 3, 4, secret); // MILL0002
            var c = await secrets.GetAsync("c"); // MILL0003
            List<SecretValue> d = [SecretValue.FromText("d")];
            logger.LogInformation("{Password}", secret.Reveal(Encoding.UTF8.GetString)); // MILL0004
            """ + Analysis.Tail;
        var file = Path.Combine(_directory.Path, "Example.cs");
        await File.WriteAllTextAsync(file, source);

        var found = Found().Matches(await CompileAsync(file)).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Order(StringComparer.Ordinal);

        Assert.Equal(Analysis.Expected(source).Select(line => line.Split(' ')).Select(words => $"{words[0].TrimEnd(':')} {words[1]}").Order(StringComparer.Ordinal), found);
    }

    private async Task<string> CompileAsync(string file)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "Mill.Secrets.dll" or "Microsoft.Extensions.Logging.Abstractions.dll");
        var arguments = new[] { "exec", Compiler(), "-nologo", "-nostdlib", "-t:library", "-nullable:enable", $"-out:{Path.Combine(_directory.Path, "Example.dll")}", $"-analyzer:{typeof(Rules).Assembly.Location}", file }.Concat(references.Select(path => $"-r:{path}"));
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Root(), "dotnet"), arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0, output);
        return output;
    }

    private static string Compiler() => Directory.GetDirectories(Path.Combine(Root(), "sdk")).Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).Order(StringComparer.Ordinal).Last(File.Exists);

    private static string Root() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    [GeneratedRegex(@"Example\.cs\((\d+),\d+\): warning (MILL\d{4})")]
    private static partial Regex Found();
}
