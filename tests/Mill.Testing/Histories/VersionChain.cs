namespace Mill.Testing.Histories;

/// <summary>
/// The versions of one secret, the newest in front. Immutable, and equal by content; the hash is made once, when a version is put in front. An instant is null as long as nobody was
/// told of it: a write without an answer happened at some instant that a later read may show.
/// </summary>
internal sealed class VersionChain : IEquatable<VersionChain>
{
    private readonly int _hash;

    private VersionChain(VersionChain? previous, string value, long? from, bool isDeleted, long? deletedAt)
    {
        (Previous, Value, From, IsDeleted, DeletedAt) = (previous, value, from, isDeleted, deletedAt);
        Number = (previous?.Number ?? 0) + 1;
        _hash = HashCode.Combine(previous?._hash ?? 0, value, from, isDeleted, deletedAt);
    }

    public VersionChain? Previous { get; }

    public int Number { get; }

    public string Value { get; }

    public long? From { get; }

    /// <summary>True where it was current when the secret was deleted.</summary>
    public bool IsDeleted { get; }

    public long? DeletedAt { get; }

    public static VersionChain Append(VersionChain? chain, string value, long? from) => new(chain, value, from, isDeleted: false, deletedAt: null);

    public VersionChain Delete(long? at) => new(Previous, Value, From, isDeleted: true, at);

    public VersionChain? Find(int number)
    {
        var version = this;
        while (version is not null && version.Number > number) version = version.Previous;
        return version?.Number == number ? version : null;
    }

    /// <summary>How the version shows itself; <paramref name="next"/> is the one after it.</summary>
    public SeenVersion See(VersionChain? next) => this switch
    {
        { IsDeleted: true } => new(Number, SeenVersion.Deleted, From, DeletedAt),
        _ when next is not null => new(Number, SeenVersion.Superseded, From, next.From),
        _ => new(Number, SeenVersion.Current, From, ValidTo: null),
    };

    public IEnumerable<SeenVersion> NewestFirst()
    {
        VersionChain? next = null;
        for (var version = this; version is not null; (next, version) = (version, version.Previous)) yield return version.See(next);
    }

    public SeenVersion? SeeVersion(int number) => Find(number)?.See(Find(number + 1));

    /// <summary>Takes in the instants of a version that somebody saw; null where they contradict what is known, or the order of time.</summary>
    public VersionChain? Learn(SeenVersion seen)
    {
        var newer = new List<VersionChain>();
        var version = this;
        for (; version.Number > seen.Number; version = version.Previous!) newer.Add(version);
        var next = newer.Count > 0 ? newer[^1] : null;
        var end = version.IsDeleted ? version.DeletedAt : next?.From;
        if (!Agrees(version.From, seen.ValidFrom) || !Agrees(end, seen.ValidTo)) return null;
        var (from, to) = (seen.ValidFrom ?? version.From, seen.ValidTo ?? end);
        if (from == version.From && to == end) return this;
        var learned = new VersionChain(version.Previous, version.Value, from, version.IsDeleted, version.IsDeleted ? to : null);
        for (var i = newer.Count - 1; i >= 0; i--)
        {
            // Where a version was not deleted, its end is the beginning of the next.
            var begins = i == newer.Count - 1 && !version.IsDeleted ? to : newer[i].From;
            learned = new(learned, newer[i].Value, begins, newer[i].IsDeleted, newer[i].DeletedAt);
        }
        return learned.IsInOrder() ? learned : null;
    }

    public bool Equals(VersionChain? other)
    {
        var (left, right) = (this, other);
        while (!ReferenceEquals(left, right))
        {
            if (left is null || right is null || left._hash != right._hash || left.Number != right.Number) return false;
            if (left.Value != right.Value || left.From != right.From || left.IsDeleted != right.IsDeleted || left.DeletedAt != right.DeletedAt) return false;
            (left, right) = (left.Previous, right.Previous);
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as VersionChain);

    public override int GetHashCode() => _hash;

    public override string ToString() => $"{Value}: {See(next: null)}";

    private bool IsInOrder()
    {
        long? later = null;
        for (var version = this; version is not null; version = version.Previous)
        {
            foreach (var instant in new[] { version.DeletedAt, version.From })
            {
                if (instant >= later) return false;
                later = instant ?? later;
            }
        }
        return true;
    }

    private static bool Agrees(long? known, long? seen) => known is null || seen is null || known == seen;
}
