using System.Globalization;
using System.Runtime.CompilerServices;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Node.Logs;

/// <summary>The logs of a node's allocations, on its disk: for as long as they run and a day after, in the room that there is for all of them.</summary>
/// <param name="most">Of all together, in bytes. Where it is more, what is oldest goes.</param>
internal sealed class LogStore(string directory, TimeProvider time, long most = LogStore.Most) : INodeLogs, IDisposable
{
    public const long Most = 512L << 20;

    /// <summary>After the end of its allocation.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private const string EndedFile = "ended";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LogFile> _open = new(StringComparer.Ordinal);

    /// <summary>Of an allocation that runs.</summary>
    /// <param name="created">When it was made: an id may come again after a restore.</param>
    public LogFile Open(string id, Timestamp created)
    {
        lock (_lock)
        {
            var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{id}.{created.Microseconds}"));
            if (_open.TryGetValue(id, out var open) && open.Directory == path) return open;
            open?.End();
            var file = new LogFile(path, time, Trim);
            file.Open();
            return _open[id] = file;
        }
    }

    /// <summary>It has ended, and is kept for a while.</summary>
    public void End(string id)
    {
        lock (_lock)
        {
            if (!_open.Remove(id, out var file)) return;
            file.End();
            Mark(file.Directory, time.GetUtcNow());
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AllocLine> ReadAsync(string allocId, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (path, file) = Find(allocId);
        var reader = new LogReader(path);
        foreach (var record in reader.Tail(tail)) yield return record.Line;
        while (follow)
        {
            var (more, isEnded) = (file?.More, file is not { IsEnded: false });
            var records = reader.Next();
            foreach (var record in records) yield return record.Line;
            if (records.Count > 0) continue;
            if (isEnded) yield break;
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
    }

    private void Sweep(string path)
    {
        try
        {
            End(IdOf(path));
            if (EndOf(path) is not { } ended) Mark(path, time.GetUtcNow());
            else if (time.GetUtcNow() - ended > Kept) Directory.Delete(path, recursive: true);
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
