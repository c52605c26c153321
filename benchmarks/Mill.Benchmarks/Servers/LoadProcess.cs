using System.Diagnostics;
using System.Text.Json;
using Mill.Benchmarks.Load;

namespace Mill.Benchmarks.Servers;

/// <summary>Runs a load plan in a process of its own, so that what it costs is not counted as the server's, nor mixed with the report's.</summary>
internal static class LoadProcess
{
    /// <summary>Throws <see cref="InvalidOperationException"/> where a request failed: a number that counts errors is no number.</summary>
    public static async Task<LoadResult> RunAsync(LoadPlan plan)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!, [LoadVerb.Name]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(info)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize(plan, LoadJson.Default.LoadPlan));
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The load generator failed: {await errors}");
        var result = JsonSerializer.Deserialize(output, LoadJson.Default.LoadResult)!;
        return result.Failures == 0 ? result : throw new InvalidOperationException($"{result.Failures} of {result.Requests} requests failed, the first with: {result.FirstFailure}");
    }
}
