using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Simulation.Cluster;

/// <summary>Everything that ever happened to the store, and what must be true of it whoever wrote it.</summary>
internal sealed class StoreTruth
{
    private readonly List<(long Revision, StoreTransaction Transaction)> _commits = [];
    private readonly Lazy<List<Cut>> _cuts;

    public StoreTruth() => _cuts = new(MakeCuts);

    public void Add(long revision, StoreTransaction transaction) => _commits.Add((revision, transaction));

    /// <summary>The secrets that exist at a revision, with their current versions.</summary>
    public IReadOnlyDictionary<string, int> Existing(long revision) => At(revision).Existing;

    /// <summary>The last versions of those that were deleted.</summary>
    public IReadOnlyDictionary<string, int> Ended(long revision) => At(revision).Ended;

    /// <summary>True where no secret changed after the first revision, up to the second.</summary>
    public bool IsSame(long first, long second) => ReferenceEquals(At(first), At(second)) || first >= second;

    /// <summary>Commit times that do not rise, versions that are made twice or changed afterwards, keys that are applied twice.</summary>
    public IEnumerable<string> Faults()
    {
        var time = new Timestamp(long.MinValue);
        var versions = new Dictionary<RecordKey, SecretVersion>();
        var newest = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new HashSet<RecordKey>();
        foreach (var (revision, changes) in Decoded())
        {
            foreach (var (key, record) in changes)
            {
                switch (record)
                {
                    case HeadRecord head:
                        if (head.CommitTime <= time) yield return $"revision {revision} was committed at {head.CommitTime}, but one before it at {time}";
                        time = head.CommitTime;
                        break;
                    case SecretVersion version when versions.GetValueOrDefault(key) is { } known:
                        if (version.ValidFrom != known.ValidFrom || version.RequestId != known.RequestId) yield return $"revision {revision} makes {key} once more";
                        if (known.ValidTo is { } end && version.ValidTo != end) yield return $"revision {revision} ends {key} once more";
                        versions[key] = version;
                        break;
                    case SecretVersion version:
                        if (version.Version != newest.GetValueOrDefault(version.Name.Value) + 1) yield return $"revision {revision} makes {key}, but {newest.GetValueOrDefault(version.Name.Value)} is the version before";
                        newest[version.Name.Value] = version.Version;
                        versions[key] = version;
                        break;
                    case IdempotencyRecord:
                        if (!keys.Add(key)) yield return $"revision {revision} applies {key} once more";
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private Cut At(long revision)
    {
        var cuts = _cuts.Value;
        return cuts.FindLast(cut => cut.Revision <= revision) ?? Cut.Nothing;
    }

    private List<Cut> MakeCuts()
    {
        var cuts = new List<Cut>();
        var (existing, ended) = (new SortedDictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var (revision, changes) in Decoded())
        {
            var versions = changes.Select(change => change.Record).OfType<SecretVersion>().OrderBy(version => version.Version).ToList();
            foreach (var version in versions)
            {
                if (version.State is VersionState.Current) existing[version.Name.Value] = version.Version;
                else if (existing.GetValueOrDefault(version.Name.Value) == version.Version) existing.Remove(version.Name.Value);
                ended[version.Name.Value] = version.Version;
            }
            if (versions.Count > 0) cuts.Add(new(revision, new SortedDictionary<string, int>(existing, StringComparer.Ordinal), ended.Where(pair => !existing.ContainsKey(pair.Key)).ToDictionary()));
        }
        return cuts;
    }

    private IEnumerable<(long Revision, IReadOnlyList<(RecordKey Key, StateRecord Record)> Changes)> Decoded() => _commits.Select(commit => (
        commit.Revision,
        (IReadOnlyList<(RecordKey, StateRecord)>)[.. commit.Transaction.Writes.Where(write => write.Value is not null).Select(write => (Key: RecordKey.Parse(write.Key), write.Value)).Select(write => (write.Key, RecordCodec.Decode(write.Key, write.Value!.Value.Span)))]));

    private sealed record Cut(long Revision, IReadOnlyDictionary<string, int> Existing, IReadOnlyDictionary<string, int> Ended)
    {
        public static Cut Nothing { get; } = new(0, new Dictionary<string, int>(), new Dictionary<string, int>());
    }
}
