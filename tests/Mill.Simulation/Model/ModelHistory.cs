using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Simulation.Operations;

namespace Mill.Simulation.Model;

/// <summary>The model at every revision, and how far anybody can know that the store has come.</summary>
internal sealed class ModelHistory
{
    private readonly List<(long Revision, ModelState State)> _states = [(0, ModelState.Empty)];
    private Timestamp _headTime;

    public ModelState Latest => _states[^1].State;

    public long LatestRevision => _states[^1].Revision;

    /// <summary>Somebody was told of this revision: no read may show less from now on.</summary>
    public long Seen { get; private set; }

    public void See(long revision) => Seen = Math.Max(Seen, revision);

    /// <summary>The store is at this revision and holds no secret yet.</summary>
    public void Start(long revision) => _states[0] = (revision, ModelState.Empty);

    public ModelState At(long revision) => _states.FindLast(entry => entry.Revision <= revision).State ?? ModelState.Empty;

    /// <summary>The states that a read may show: from a revision on.</summary>
    public IEnumerable<ModelState> From(long revision) => _states.Where(entry => entry.Revision > revision).Select(entry => entry.State).Prepend(At(revision));

    /// <summary>A commit happened: decides its operations in their order, and holds the records it wrote against the outcome.</summary>
    public void Apply(StoreTransaction transaction, long revision, IEnumerable<Operation> operations)
    {
        var commit = CommitView.Of(transaction);
        var (before, after) = (Latest, Latest);
        foreach (var operation in operations) after = operation.Decide(after, commit);
        Violation.Unless(commit.Head.CommitTime > _headTime, $"the commit time went from {_headTime} to {commit.Head.CommitTime}");
        Violation.Unless(commit.Head.CommitTime.Microseconds >= after.LastTime, "the head record is older than a change that came with it");
        _headTime = commit.Head.CommitTime;
        RequireSame(before, after, commit);
        _states.Add((revision, after));
    }

    private static void RequireSame(ModelState before, ModelState after, CommitView commit)
    {
        var changed = after.Secrets.SelectMany(pair => pair.Value.Except(before.Versions(pair.Key)).Select(version => (pair.Key, version.Number))).ToHashSet();
        var written = commit.Versions.Select(key => (new SecretId(key.Tenant, key.Name), key.Version)).ToHashSet();
        Violation.Unless(written.SetEquals(changed), $"a commit wrote {Text(written)}, but its operations change {Text(changed)}");
        foreach (var (id, number) in changed) StoredVersion.RequireSame(after.Find(id, number)!, commit.Version(id, number));
    }

    private static string Text(IEnumerable<(SecretId Id, int Number)> versions) =>
        "{" + string.Join(", ", versions.Select(version => $"{version.Id.Tenant} {version.Id.Name} {version.Number}").Order(StringComparer.Ordinal)) + "}";
}
