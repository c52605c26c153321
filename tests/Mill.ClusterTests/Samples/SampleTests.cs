using System.Diagnostics;
using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Samples;

/// <summary>The samples do what they say, and leave nothing behind.</summary>
public sealed class SampleTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("survive.sh")]
    [InlineData("three-vaults-two-apis.sh", "--once")]
    [InlineData("env-to-app.sh", "2")]
    [InlineData("chain/chain.sh")]
    public async Task A_sample_runs_to_its_end(string name, params string[] arguments)
    {
        using var sandbox = new Sandbox();
        var start = new ProcessStartInfo("bash", [Path.Combine(Page.Root, "samples", name), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = sandbox.Root };
        foreach (var (variable, value) in sandbox.Environment()) start.Environment[variable] = value;
        start.Environment["MILL"] = MillExecutable.Path;
        (start.Environment["WEB"], start.Environment["CHAIN"]) = (SamplePrograms.Of("Web"), SamplePrograms.Of("Chain"));
        start.Environment["TMPDIR"] = sandbox.Root;
        using var sample = Process.Start(start)!;
        var (said, complained) = (sample.StandardOutput.ReadToEndAsync(), sample.StandardError.ReadToEndAsync());
        var isInTime = await EndsAsync(sample, Patience);
        // It ends its nodes when it is told to end.
        if (!isInTime) Signals.Send(sample.Id, Signal.Terminate);
        if (!isInTime && !await EndsAsync(sample, EndPatience)) sample.Kill(entireProcessTree: true);
        output.WriteLine(string.Concat(await Task.WhenAll(said, complained).WaitAsync(EndPatience)));
        Assert.True(isInTime, $"After {Patience.TotalSeconds} s it had not ended.");
        Assert.Equal(0, sample.ExitCode);
        Assert.Empty(Directory.GetDirectories(sandbox.Root, "mill-sample-*"));
    }

    private static async Task<bool> EndsAsync(Process sample, TimeSpan patience)
    {
        await sample.WaitForExitAsync().WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return sample.HasExited;
    }
}
