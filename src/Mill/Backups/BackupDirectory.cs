using System.Globalization;
using System.Text.RegularExpressions;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Backups;

/// <summary>
/// The scheduled backups of one cluster in a directory. Their names say of which cluster they are, when they were made, and of which revision they are.
/// </summary>
internal sealed partial class BackupDirectory(string path, string clusterId)
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int ClusterDigits = 8;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _cluster = clusterId[..Math.Min(ClusterDigits, clusterId.Length)];

    /// <summary>Makes it, where it is missing. Throws <see cref="MillError.StorageUnavailable"/>.</summary>
    public static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.StorageUnavailable, Words.BackupNotWritten(path, e.Message), e) { Hint = Words.BackupNotWrittenHint };
        }
    }

    public string PathOf(BackupHeader header) =>
        Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"mill-{_cluster}-{header.MadeAt.ToDateTimeOffset().ToString(TimeFormat, CultureInfo.InvariantCulture)}-r{header.Revision}.backup"));

    /// <summary>When the newest was made, by its name; null where there is none.</summary>
    public Timestamp? FindNewest() => Find() is [var (_, madeAt), ..] ? madeAt : null;

    /// <summary>
    /// Removes all but the newest ones, and what crashes left. A backup that was just made is never removed, however its time compares: no other is known to be
    /// good.
    /// </summary>
    /// <param name="keep">How many stay, the new one included.</param>
    public IReadOnlyList<string> Prune(string made, int keep)
    {
        var removed = Find().Select(found => found.File).Where(file => file != made).Skip(keep - 1).Concat(FindIncomplete()).ToList();
        foreach (var file in removed) File.Delete(file);
        return removed;
    }

    /// <summary>Newest first.</summary>
    private List<(string File, Timestamp MadeAt)> Find() =>
    [
        .. from file in Directory.EnumerateFiles(path, $"mill-{_cluster}-*.backup")
           let name = Name().Match(Path.GetFileName(file))
           where name.Success
           let madeAt = TimeOf(name.Groups["time"].Value)
           where madeAt is not null
           orderby madeAt descending, file descending
           select (file, madeAt.Value),
    ];

    private IEnumerable<string> FindIncomplete() => Directory.EnumerateFiles(path, $"mill-{_cluster}-*.backup{BackupFile.Incomplete}");

    private static Timestamp? TimeOf(string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? Timestamp.From(time) : null;

    [GeneratedRegex("^mill-[0-9a-f]+-(?<time>[0-9]{8}T[0-9]{6}Z)-r[0-9]+\\.backup$")]
    private static partial Regex Name();
}
