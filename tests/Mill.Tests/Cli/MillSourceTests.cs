using Xunit;

namespace Mill.Tests.Cli;

/// <summary>Files that are named, and cannot be read.</summary>
public sealed class MillSourceTests
{
    [Theory]
    [InlineData("deploy", "-f")]
    [InlineData("plan", "-f")]
    [InlineData("fmt")]
    public async Task A_file_that_is_not_there_is_told_with_what_to_do(params string[] command)
    {
        await using var rig = await DeployRig.StartAsync();
        Assert.Equal($"error: The file {rig.Directory}/none cannot be read: there is no such file.\nhint: Check its name. One that begins without a slash counts from the directory in which mill was started.\n", await FailAsync(rig, [.. command, "none"]));
        Assert.EndsWith("hint: Did you mean app.mill?\n", await FailAsync(rig, [.. command, "ap.mill"]), StringComparison.Ordinal);
        Assert.Equal($"error: The file {rig.Directory} cannot be read: it is a directory.\nhint: Name a file in it.\n", await FailAsync(rig, [.. command, rig.Directory]));
        // What is looked for is beside the file that is named.
        Directory.CreateDirectory(Path.Combine(rig.Directory, "sub"));
        Assert.EndsWith("was started.\n", await FailAsync(rig, [.. command, "sub/ap.mill"]), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(rig.Directory, "sub/web.mill"), "");
        Assert.EndsWith("hint: Did you mean sub/web.mill?\n", await FailAsync(rig, [.. command, "sub/wbe.mill"]), StringComparison.Ordinal);
        Assert.Empty(rig.Mill.Seen);
    }

    private static async Task<string> FailAsync(DeployRig rig, string[] args)
    {
        var session = rig.Session();
        Assert.Equal(2, await session.RunAsync(args));
        return session.Error;
    }
}
