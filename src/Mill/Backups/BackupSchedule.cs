using Microsoft.Extensions.Logging;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Backups;

/// <summary>What was asked for: where backups go, how often one is made, and how many stay.</summary>
internal sealed record BackupPlan(string Directory, TimeSpan Every, int Keep);

/// <summary>
/// Makes backups by itself. The first is due at once, or where the directory holds the last one already, when that one is old enough: restarts neither skip a
/// backup nor make more.
/// A failure is logged and counted, never fatal, and tried again sooner than the plan says.
/// </summary>
/// <param name="take">The state as it is now.</param>
internal sealed partial class BackupSchedule(BackupPlan plan, Func<BackupOrigin, CancellationToken, ValueTask<StateBackup>> take, BackupMetrics metrics, string madeBy, TimeProvider time, ILogger<BackupSchedule> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1); // a timer takes no more than some weeks

    /// <summary>When the next is due; null until the directory was looked at.</summary>
    private Timestamp? _due;

    private Timestamp Now => Timestamp.From(time.GetUtcNow());

    /// <summary>Goes on until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await StepAsync(cancellationToken).ConfigureAwait(false);
            var wait = TimeSpan.FromMicroseconds(Math.Max(0, _due!.Value.Microseconds - Now.Microseconds));
            await Task.Delay(wait < LongestWait ? wait : LongestWait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a backup if one is due.</summary>
    private async Task StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Now < _due) return;
            var backup = await take(new(madeBy, Now), cancellationToken).ConfigureAwait(false);
            var directory = new BackupDirectory(plan.Directory, backup.Header.ClusterId);
            _due ??= DueAfter(directory.FindNewest());
            if (Now >= _due) await MakeAsync(directory, backup, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, a backup that fails is no reason for a server to stop.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            metrics.Failed();
            _due = Now + (plan.Every < RetryAfter ? plan.Every : RetryAfter);
            // The message of an unforeseen exception is not logged: nobody knows what it quotes.
            LogFailed(plan.Directory, e is MillException or IOException or UnauthorizedAccessException ? e.Message : e.GetType().Name, _due.Value.ToString());
        }
    }

    private Timestamp DueAfter(Timestamp? last)
    {
        if (last is { } made) metrics.Succeeded(made);
        // A time that has not come yet is another clock's: nothing can be concluded from it.
        return last <= Now ? last.Value + plan.Every : Now;
    }

    private async Task MakeAsync(BackupDirectory directory, StateBackup backup, CancellationToken cancellationToken)
    {
        var path = directory.PathOf(backup.Header);
        var report = await BackupFile.WriteAsync(path, replace: true, backup.WriteAsync, cancellationToken).ConfigureAwait(false);
        _due = backup.Header.MadeAt + plan.Every;
        metrics.Succeeded(backup.Header.MadeAt);
        LogMade(path, report.Header.Revision, report.Versions, report.Bytes);
        if (!report.IsSound) LogUnsound(path, report.Problems[0]);
        // Older ones go only now, and only if this one is as it should be: one of them may be the last that is.
        else Prune(directory, path);
    }

    private void Prune(BackupDirectory directory, string made)
    {
        try
        {
            foreach (var file in directory.Prune(made, plan.Keep)) LogRemoved(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(plan.Directory, e.Message);
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "The backup {Path} was made: revision {Revision}, {Versions} versions, {Bytes} bytes")]
    private partial void LogMade(string path, long revision, long versions, long bytes);

    [LoggerMessage(5002, LogLevel.Error, "No backup could be made in {Directory}; it is tried again at {Next}: {Reason}")]
    private partial void LogFailed(string directory, string reason, string next);

    [LoggerMessage(5003, LogLevel.Error, "The backup {Path} was made, but not everything in it fits together, so older ones were kept; look with mill backup verify: {Problem}")]
    private partial void LogUnsound(string path, string problem);

    [LoggerMessage(5004, LogLevel.Information, "The old backup {Path} was removed")]
    private partial void LogRemoved(string path);

    [LoggerMessage(5005, LogLevel.Warning, "Old backups in {Directory} could not be removed: {Reason}")]
    private partial void LogNotRemoved(string directory, string reason);
}
