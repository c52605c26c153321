using System.Globalization;
using System.Runtime.CompilerServices;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Node.Logs;

/// <summary>The logs of a node's allocations, on its disk: for as long as they run and a while after, in the room that there is for all of them.</summary>
/// <param name="most">Of all together, in bytes. Where it is more, what is oldest goes.</param>
/// <param name="kept">For how long after the end of its allocation; null for the usual.</param>
internal sealed class LogStore(string directory, TimeProvider time, long most = LogStore.Most, TimeSpan? kept = null) : INodeLogs, IDisposable
{
    public const long Most = 512L << 20;

    /// <summary>Where nobody says otherwise.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private const string EndedFile = "ended";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LogFile> _open = new(StringComparer.Ordinal);
    private volatile int _writers;

    /// <summary>Of an allocation that runs.</summary>
    /// <param name="created">When it was made: an id may come again after a restore.</param>
    public LogFile Open(string id, Timestamp created)
    {
        lock (_lock)
        {
            var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{id}.{created.Microseconds}"));
            if (_open.TryGetValue(id, out var open) && open.Directory == path) return open;
            open?.End();
            var file = new LogFile(path, time, Full, Trim);
            file.Open();
            _open[id] = file;
            _writers = _open.Count;
            return file;
        }
    }

    /// <summary>It has ended, and is kept for a while.</summary>
    public void End(string id)
    {
        lock (_lock)
        {
            if (!_open.Remove(id, out var file)) return;
            _writers = _open.Count;
            file.End();
            Mark(file.Directory, time.GetUtcNow());
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AllocLine> ReadAsync(string allocId, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (path, file) = Find(allocId);
        var reader = new LogReader(path);
        // What was there goes through line by line as well: it may be more than anybody has room for.
        for (var (left, isKept) = (reader.Seek(tail), true); ;)
        {
            var (more, isEnded) = (file?.More, file is not { IsEnded: false });
            var records = reader.Next();
            foreach (var record in records)
            {
                if (isKept && left-- is 0)
                {
                    if (!follow) yield break;
                    isKept = false;
                    yield return AllocLine.Mark;
                }
                yield return record.Line;
            }
            if (records.Count > 0) continue;
            if (isKept && follow) yield return AllocLine.Mark;
            isKept = false;
            if (isEnded || !follow) yield break;
            await more!.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes what was kept for long enough, and what is too much.</summary>
    /// <param name="running">The allocations that have not ended; what another agent left of others has.</param>
    public void Sweep(IReadOnlySet<string> running)
    {
        foreach (var path in Directories())
        {
            if (!running.Contains(IdOf(path))) Sweep(path);
        }
        Trim();
        GiveUp();
    }

    private void Sweep(string path)
    {
        try
        {
            End(IdOf(path));
            if (EndOf(path) is not { } ended) Mark(path, time.GetUtcNow());
            else if (time.GetUtcNow() - ended > (kept ?? Kept)) Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is looked at again.
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var file in _open.Values) file.Dispose();
        }
    }

    private static string IdOf(string path) => Path.GetFileNameWithoutExtension(path);

    private static void Mark(string path, DateTimeOffset ended)
    {
        try
        {
            File.WriteAllText(Path.Combine(path, EndedFile), ended.UtcTicks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is kept for longer.
        }
    }

    private static DateTimeOffset? EndOf(string path)
    {
        var file = Path.Combine(path, EndedFile);
        return File.Exists(file) && long.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks ? new(ticks, TimeSpan.Zero) : null;
    }

    private string[] Directories() => Directory.Exists(directory) ? Directory.GetDirectories(directory) : [];

    private (string Path, LogFile? File) Find(string id)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(id, out var file)) return (file.Directory, file);
        }
        // The id comes from far away: it is only compared, and never made a path of.
        var path = Directories().Where(path => IdOf(path) == id).Max(StringComparer.Ordinal);
        return path is null ? throw new MillException(MillError.NotFound, $"nothing is kept of what {id} wrote") : (path, null);
    }

    /// <summary>What each may have in the file that it writes: together half of the room, so that there is something that can go.</summary>
    private long Full() => Math.Clamp(most / 2 / Math.Max(1, _writers), LogSegments.LeastFull, LogSegments.Full);

    /// <summary>Files that are being written go as well where they alone are too much: of those that have written nothing for the longest, first.</summary>
    private void GiveUp()
    {
        List<LogFile> open;
        lock (_lock) open = [.. _open.Values];
        try
        {
            var files = open.Select(file => (File: file, Info: LogSegments.Of(file.Directory) is [.., var last] ? new FileInfo(LogSegments.PathOf(file.Directory, last)) : null)).Where(one => one.Info is { Exists: true }).ToList();
            var total = files.Sum(one => one.Info!.Length);
            foreach (var (file, info) in files.OrderBy(one => one.Info!.LastWriteTimeUtc).TakeWhile(_ => total > most))
            {
                total -= info!.Length;
                file.GiveUp();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As above: it is looked at again.
        }
    }

    /// <summary>Removes the oldest files until there is room. The one that an allocation writes right now stays, so that a flood of one does not take all of the others.</summary>
    private void Trim()
    {
        try
        {
            TrimOnce();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else removes things too; it is looked at again.
        }
    }

    private void TrimOnce()
    {
        var files = Directories().SelectMany(path => LogSegments.Of(path) is { Count: > 0 } segments
            ? segments.Select(number => (File: new FileInfo(LogSegments.PathOf(path, number)), IsOpen: number == segments[^1] && EndOf(path) is null))
            : []).Where(one => one.File.Exists).ToList();
        var total = files.Sum(one => one.File.Length);
        foreach (var (file, _) in files.Where(one => !one.IsOpen).OrderBy(one => one.File.LastWriteTimeUtc))
        {
            if (total <= most) return;
            total -= file.Length;
            file.Delete();
        }
    }
}
