using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Mill.Secrets;

namespace Mill.State.Etcd.Process;

/// <summary>An etcd member that Mill runs: started, started again when it dies, and stopped with us.</summary>
public sealed partial class EtcdProcess(EtcdProcessOptions options, TimeProvider time, ILogger<EtcdProcess> logger)
{
    /// <summary>The longest is also how long a node stays away after what ended its engine is over: a full disk, say, ends it again and again until there is space.</summary>
    private static readonly TimeSpan[] Backoff = [.. new[] { 1, 2, 5, 10 }.Select(seconds => TimeSpan.FromSeconds(seconds))];
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1); // a run this long starts the backoff anew
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    private readonly OrphanedEtcd _orphan = new(options.DataDirectory, time);

    /// <summary>The process that runs now, or ran last; zero before the first.</summary>
    public int ProcessId { get; private set; }

    /// <summary>
    /// Runs it until cancelled, and returns once it ended. Throws <see cref="MillError.StorageUnavailable"/> where the program cannot be started at all; a
    /// member that starts and dies is started again, for ever.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        PrepareDirectories();
        if (await _orphan.EndAsync(options.StopAfter, cancellationToken).ConfigureAwait(false) is { } ended) LogOrphanEnded(ended);
        using var log = new BoundedLog(options.LogFile, options.LogBytes);
        var failures = 0;
        while (true)
        {
            var start = time.GetTimestamp();
            var child = await StartAsync(log).ConfigureAwait(false);
            if (await EndsAsync(child, cancellationToken).ConfigureAwait(false) is not { } code)
            {
                await StopAsync(child).ConfigureAwait(false);
                _orphan.Forget();
                return;
            }
            failures = time.GetElapsedTime(start) >= Steady ? 0 : failures;
            var pause = Backoff[Math.Min(failures++, Backoff.Length - 1)];
            LogDied(code, pause.TotalSeconds, child.LastLine);
            try
            {
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Returns once the member answers for itself, which it does once it has found its cluster; however long that takes.</summary>
    public async Task AnswersAsync(CancellationToken cancellationToken)
    {
        using var channel = new EtcdChannel(EtcdOptions.At(options), time);
        while (true)
        {
            try
            {
                await channel.AskAtAsync(options.ClientUrl, EtcdCalls.Status, new(), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MillException)
            {
                await Task.Delay(AskEvery, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<int?> EndsAsync(EtcdChild child, CancellationToken cancellationToken)
    {
        try
        {
            return await child.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void PrepareDirectories()
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(options.DataDirectory, OwnerOnly);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.LogFile))!, OwnerOnly);
        if (options.SocketDirectory is { } sockets) Directory.CreateDirectory(sockets, OwnerOnly);
    }

    private async Task<EtcdChild> StartAsync(BoundedLog log)
    {
        var binary = options.Binary ?? EtcdChild.FindOnPath("etcd");
        try
        {
            // Through the guard, a program that is not there would only show as a child that dies.
            if (options.SocketPath is { } socket) File.Delete(socket); // what a member leaves behind that was killed, it does not listen at
            if (binary is null || !File.Exists(binary)) throw new FileNotFoundException($"{options.Binary ?? "etcd"} was not found.");
            var child = await EtcdChild.StartAsync(binary, EtcdArguments.Of(options), options.SocketDirectory, log).ConfigureAwait(false);
            ProcessId = child.Id;
            _orphan.Remember(child.Id);
            LogStarted(options.Name, child.Id);
            return child;
        }
        catch (Exception failure) when (failure is Win32Exception or FileNotFoundException)
        {
            throw new MillException(MillError.StorageUnavailable, $"etcd cannot be started: {failure.Message}", failure) { Hint = "Install etcd, or say where it is." };
        }
    }

    private async Task StopAsync(EtcdChild child)
    {
        ProcessSignals.SendTerminate(child.Id);
        try
        {
            await child.Exit.WaitAsync(options.StopAfter, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogKilled(child.Id);
            ProcessSignals.SendKill(child.Id);
            await child.Exit.ConfigureAwait(false);
        }
    }

    [LoggerMessage(3211, LogLevel.Information, "etcd member {Name} runs as process {ProcessId}")]
    private partial void LogStarted(string name, int processId);

    [LoggerMessage(3212, LogLevel.Error, "etcd ended with code {Code} and is started again in {Seconds} s. Its last words: {LastLine}")]
    private partial void LogDied(int code, double seconds, string lastLine);

    [LoggerMessage(3213, LogLevel.Warning, "etcd did not stop in time; process {ProcessId} is killed")]
    private partial void LogKilled(int processId);

    [LoggerMessage(3214, LogLevel.Warning, "An etcd that an earlier server had left behind was ended: process {ProcessId}")]
    private partial void LogOrphanEnded(int processId);
}
