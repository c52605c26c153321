using Mill.Core.Model;

namespace Mill.Core.Secrets;

/// <summary>
/// Which versions a tenant's retention removes: always the oldest ones, so that what stays has no gaps, and never a current one.
/// </summary>
public static class RetentionRules
{
    /// <param name="most">No more versions than this are removed now; the others stay due.</param>
    public static IReadOnlyList<StateChange> Prune(TenantId tenant, SecretHistory history, RetentionRecord? retention, Timestamp now, int most = int.MaxValue)
    {
        if (retention is null) return [];
        var count = 0;
        while (count < most && count < history.Versions.Count && IsDue(history.Versions[count], history.Versions.Count - count, retention, now)) count++;
        return count == 0 ? [] : Removal(tenant, history, count);
    }

    private static bool IsDue(SecretVersion version, int kept, RetentionRecord retention, Timestamp now) =>
        version.ValidTo is { } end
        && (kept > retention.MaxVersions || (retention.MaxAgeSeconds is { } age && end + TimeSpan.FromSeconds(age) <= now));

    private static List<StateChange> Removal(TenantId tenant, SecretHistory history, int count)
    {
        var last = history.Versions[count - 1];
        var changes = history.Versions.Take(count).Select(version => new StateChange(version.Key, null)).ToList();
        var pruned = new PrunedRecord { Tenant = tenant, Name = history.Name, Through = last.Version, Digest = RecordDigest.Of(last) };
        changes.Add(new(new PrunedKey(tenant, history.Name), pruned));
        return changes;
    }
}
