using System.Diagnostics;
using System.Text;
using SystemProcess = System.Diagnostics.Process;

namespace Mill.State.Etcd.Process;

/// <summary>
/// One run of etcd. It does not outlive us, however we end: <c>setpriv --pdeathsig</c> has the kernel end it when its parent dies. The kernel means the parent's
/// <i>thread</i>, so a thread of its own starts it and waits for its end; a thread of the pool may go away at any time. Where the kernel is late,
/// etcd ends at the first line it writes, because nobody reads it any more; and <see cref="OrphanedEtcd"/> sees to it at the next start.
/// </summary>
internal sealed class EtcdChild
{
    private const string Guard = "setpriv";

    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BoundedLog _log;

    private EtcdChild(BoundedLog log) => _log = log;

    public int Id { get; private set; }

    /// <summary>Its exit code, once it ended and all it said is in the log.</summary>
    public Task<int> Exit => _exit.Task;

    /// <summary>The last thing it said.</summary>
    public string LastLine { get; private set; } = "";

    /// <summary>Fails as <see cref="SystemProcess.Start()"/> does where the program cannot be started.</summary>
    public static Task<EtcdChild> StartAsync(string binary, IReadOnlyList<string> arguments, string? workingDirectory, BoundedLog log)
    {
        var child = new EtcdChild(log);
        var started = new TaskCompletionSource<EtcdChild>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => child.Run(StartInfo(Path.GetFullPath(binary), arguments, workingDirectory), started)) { IsBackground = true, Name = "etcd" }.Start();
        return started.Task;
    }

    private static ProcessStartInfo StartInfo(string binary, IReadOnlyList<string> arguments, string? workingDirectory)
    {
        string[] guard = FindOnPath(Guard) is { } path ? [path, "--pdeathsig", "TERM", "--"] : [];
        string[] command = [.. guard, binary, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = workingDirectory ?? "" };
        // What somebody set for an etcd of theirs must not reach ours, and what was set for Mill, tokens and the master key among it, is none of its business.
        foreach (var name in start.Environment.Keys.Where(IsForOthers).ToList()) start.Environment.Remove(name);
        return start;
    }

    private static bool IsForOthers(string variable) => variable.StartsWith("ETCD_", StringComparison.Ordinal) || variable.StartsWith("MILL_", StringComparison.Ordinal);

    /// <summary>Where a program is found, as a shell would; null where it is not.</summary>
    public static string? FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs on the thread that must live as long as etcd.</summary>
    private void Run(ProcessStartInfo start, TaskCompletionSource<EtcdChild> started)
    {
        SystemProcess process;
        try
        {
            process = SystemProcess.Start(start)!;
        }
#pragma warning disable CA1031 // Whatever it is belongs to the caller.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            started.SetException(failure);
            return;
        }

        using (process)
        {
            Id = process.Id;
            var reading = Task.Run(() => ReadAsync(process.StandardError.BaseStream));
            started.SetResult(this);
            process.WaitForExit();
            reading.Wait();
            _exit.SetResult(process.ExitCode);
        }
    }

    private async Task ReadAsync(Stream from)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var read)
        {
            LastLine = Encoding.UTF8.GetString(buffer, 0, read).TrimEnd('\n').Split('\n')[^1];
            try
            {
                await _log.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A full disk must not stop us reading: etcd would wait for us.
            }
        }
    }
}
