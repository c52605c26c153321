using System.Diagnostics;
using Mill.ClusterTests.Documents;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Samples;

/// <summary>The hook for git, in a real repository.</summary>
public sealed class GitHookTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_commit_with_a_secret_in_plaintext_is_refused_whatever_lies_in_the_directory()
    {
        await StartRepositoryAsync();
        Write("my app/.env.test", "TOKEN=canary\n");
        Write("shop.env", "TOKEN=canary\n");
        await GitAsync(0, "add", ".");
        // What is committed is what was staged, not what was mended since.
        Write("shop.env", "TOKEN=secret(token)\n");
        var said = await GitAsync(1, "commit", "-q", "-m", "one");
        Assert.Contains("my app/.env.test:1:7: The plaintext of TOKEN stands in the file", said, StringComparison.Ordinal);
        Assert.Contains("shop.env:1:7: ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_without_any_is_made_and_one_that_deletes_or_renames_them_too()
    {
        await StartRepositoryAsync();
        Write("README", "TOKEN=canary\n");
        await GitAsync(0, "add", ".");
        await GitAsync(0, "commit", "-q", "-m", "no file to look at");
        Write(".env", "TOKEN=secret(token)\n");
        Write("old.env", "LOG=info\n");
        await GitAsync(0, "add", ".");
        // Not staged, so not committed.
        Write(".env", "TOKEN=canary\n");
        await GitAsync(0, "commit", "-q", "-m", "references");
        await GitAsync(0, "rm", "-q", "old.env");
        await GitAsync(0, "mv", "--", ".env", "-new.env");
        await GitAsync(0, "commit", "-q", "-m", "fewer");
    }

    [Fact]
    public async Task A_commit_is_refused_where_mill_is_missing()
    {
        await StartRepositoryAsync();
        Write(".env", "LOG=info\n");
        await GitAsync(0, "add", ".");
        await GitAsync(1, ["commit", "-q", "-m", "one"], mill: "/nowhere/mill");
    }

    private async Task StartRepositoryAsync()
    {
        Directory.CreateDirectory(_sandbox.Data);
        await GitAsync(0, "init", "-q");
        File.Copy(Path.Combine(Page.Root, "samples", "git-hooks", "pre-commit"), _sandbox.DataFile(".git/hooks/pre-commit"), overwrite: true);
    }

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_sandbox.DataFile(name))!);
        File.WriteAllText(_sandbox.DataFile(name), content);
    }

    private Task<string> GitAsync(int exitCode, params string[] arguments) => GitAsync(exitCode, arguments, MillExecutable.Path);

    private async Task<string> GitAsync(int exitCode, string[] arguments, string mill)
    {
        var start = new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _sandbox.Data };
        foreach (var (variable, value) in _sandbox.Environment()) start.Environment[variable] = value;
        foreach (var role in new[] { "AUTHOR", "COMMITTER" }) (start.Environment[$"GIT_{role}_NAME"], start.Environment[$"GIT_{role}_EMAIL"]) = ("test", "test@example.org");
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["MILL"] = mill;
        using var git = Process.Start(start)!;
        var (said, complained) = (git.StandardOutput.ReadToEndAsync(), git.StandardError.ReadToEndAsync());
        await git.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(git.ExitCode == exitCode, $"git {string.Join(' ', arguments)}: exit code {git.ExitCode}\n{await said}{await complained}");
        return await said + await complained;
    }
}
