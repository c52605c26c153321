namespace Mill.Core.Backups;

/// <summary>What a look at a whole backup found. It is sound if <paramref name="Problems"/> is empty.</summary>
/// <param name="Bytes">The size of the file.</param>
/// <param name="Secrets">How many histories there are, those of deleted secrets too.</param>
/// <param name="Opened">How many versions were opened; null where there was no key to do it with.</param>
public sealed record BackupReport(
    BackupHeader Header, long Entries, long Bytes, long Secrets, long Versions, long Destroyed, long Tokens, long? Opened, IReadOnlyList<string> Problems)
{
    public bool IsSound => Problems.Count == 0;
}
