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

    [Theory]
    [InlineData("survive.sh")]
    [InlineData("three-vaults-two-apis.sh", "--once")]
    public async Task A_sample_runs_to_its_end(string name, params string[] arguments)
    {
        using var sandbox = new Sandbox();
        var start = new ProcessStartInfo("bash", [Path.Combine(Page.Root, "samples", name), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = sandbox.Root };
        foreach (var (variable, value) in sandbox.Environment()) start.Environment[variable] = value;
        start.Environment["MILL"] = MillExecutable.Path;
        start.Environment["TMPDIR"] = sandbox.Root;
        using var sample = Process.Start(start)!;
        var (said, complained) = (sample.StandardOutput.ReadToEndAsync(), sample.StandardError.ReadToEndAsync());
        try
        {
            await sample.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            // It ends its nodes when it is told to end.
            Signals.Send(sample.Id, Signal.Terminate);
            await sample.WaitForExitAsync();
        }
        output.WriteLine(await said + await complained);
        Assert.Equal(0, sample.ExitCode);
        Assert.Empty(Directory.GetDirectories(sandbox.Root, "mill-sample-*"));
    }
}
