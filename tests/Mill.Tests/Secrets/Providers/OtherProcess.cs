using System.Diagnostics;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Tests.Secrets.Providers;

/// <summary>This assembly, started as a program: what tests have a second process do, and what people do about tests.</summary>
internal static class OtherProcess
{
    /// <summary>For a shell.</summary>
    public static string CommandLine { get; } = $"dotnet exec {typeof(OtherProcess).Assembly.Location}";

    public static async Task<(string Output, int ExitCode)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (output, process.ExitCode);
    }

    public static Task<(string Output, int ExitCode)> RunSelfAsync(params string[] arguments) => RunAsync("dotnet", ["exec", typeof(OtherProcess).Assembly.Location, .. arguments]);

    public static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["env", .. var names]:
                await LookUpAsync(names);
                return 0;
            case ["set", var path, var prefix, var count]:
                await SetAsync(path, prefix, int.Parse(count, null));
                return 0;
            case ["api", .. var package]:
                foreach (var line in PublicApi.Of(PublicApi.Packages[package is [var name] ? name : "Mill.Secrets"])) Console.WriteLine(line);
                return 0;
            case ["language"]:
                Documents.MillFilePage.Write();
                return 0;
            default:
                return 2;
        }
    }

    private static async Task LookUpAsync(string[] names)
    {
        await using var provider = new EnvironmentProvider();
        foreach (var name in names)
        {
            var lookup = await provider.TryGetAsync(name);
            Console.Write(lookup.Error is { } error ? $"{lookup.Status} {error.Error.ToCode()} {error.Message}\n" : $"{lookup.Status}\n");
        }
    }

    private static async Task SetAsync(string path, string prefix, int count)
    {
        await using var provider = await FileProvider.OpenAsync(new() { Path = path, Writable = true });
        for (var i = 0; i < count; i++) await provider.SetAsync($"{prefix}{i}", $"{prefix} {i}");
    }
}
