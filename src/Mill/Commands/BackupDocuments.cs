using Mill.Core.Backups;

namespace Mill.Commands;

/// <summary>What <c>--json</c> prints of a backup.</summary>
/// <param name="File">Left out where it went to the standard output.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Opened">Left out where there was no master key to open versions with.</param>
/// <param name="DataDir">Where it was restored to.</param>
internal sealed record BackupDocument(
    string? File, bool Sound, long Revision, string CommitTime, string MadeAt, string MadeBy, string ClusterId, string KeyId,
    long Entries, long Secrets, long Versions, long Destroyed, long Tokens, long Size, long? Opened, IReadOnlyList<string> Problems, string? DataDir)
{
    public static BackupDocument Of(BackupReport report, string? file, string? dataDirectory = null) => new(
        file, report.IsSound, report.Header.Revision, report.Header.CommitTime.ToString(), report.Header.MadeAt.ToString(), report.Header.MadeBy, report.Header.ClusterId, report.Header.KeyId,
        report.Entries, report.Secrets, report.Versions, report.Destroyed, report.Tokens, report.Bytes, report.Opened, report.Problems, dataDirectory);
}
