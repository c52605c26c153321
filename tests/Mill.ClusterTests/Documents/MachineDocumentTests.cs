using System.Diagnostics;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Processes;
using Xunit;
using Xunit.Abstractions;

namespace Mill.ClusterTests.Documents;

/// <summary>What the documents tell people to type on several machines is typed on several: each has a name, a network and directories of its own.</summary>
public sealed class MachineDocumentTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [NetworkFact]
    public async Task Every_command_that_needs_machines_works_on_some()
    {
        using var sandbox = new Sandbox();
        var lines = Path.Combine(sandbox.Root, "lines");
        await File.WriteAllLinesAsync(lines, Page.All().SelectMany(page => page.CommandsForMachines));

        // All that it starts is in a process namespace of its own, and ends with the script.
        var start = new ProcessStartInfo("unshare",
        [
            "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
            "bash", Path.Combine(Page.Root, "tests/Mill.ClusterTests/Documents/machines.sh"), Path.Combine(sandbox.Root, "machines"), lines,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = $"{Path.GetDirectoryName(MillExecutable.Path)}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["TMPDIR"] = sandbox.Environment()["TMPDIR"];
        using var script = Process.Start(start)!;
        var (said, complained) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        try
        {
            await script.WaitForExitAsync().WaitAsync(Patience);
        }
        finally
        {
            if (!script.HasExited) script.Kill();
            output.WriteLine(await said + await complained);
        }
        Assert.Equal(0, script.ExitCode);
    }
}
