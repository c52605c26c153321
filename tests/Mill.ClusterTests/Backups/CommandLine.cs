using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Backups;

/// <summary>Runs of the command line beside a server, or without one.</summary>
internal static class CommandLine
{
    public static MillProcess Start(Sandbox sandbox, MillServer? server, params string[] arguments) => MillProcess.Start(sandbox, arguments, server is null ? null : new Dictionary<string, string>
    {
        ["MILL_ADDRESS"] = server.Address,
        ["MILL_TOKEN"] = sandbox.Token!,
    });

    public static async Task<Said> RunAsync(Sandbox sandbox, MillServer? server, params string[] arguments)
    {
        await using var process = Start(sandbox, server, arguments);
        var exitCode = await process.ExitAsync();
        Manners.RequireNoTrace(process.Errors);
        return new(exitCode, process.Output, process.Errors);
    }
}

/// <summary>What a command said, and its exit code.</summary>
internal sealed record Said(int ExitCode, string Output, string Errors)
{
    /// <summary>It failed with this code, said why and what to do, and put nothing where data goes.</summary>
    public void Refuses(int exitCode, params string[] named)
    {
        Is(exitCode);
        Xunit.Assert.Empty(Output);
        Xunit.Assert.All(["error: ", "hint: ", .. named], text => Xunit.Assert.Contains(text, Errors, StringComparison.Ordinal));
    }

    public Said Is(int exitCode)
    {
        Xunit.Assert.True(ExitCode == exitCode, $"The exit code is {ExitCode}, not {exitCode}: {Output}{Errors}");
        return this;
    }
}
