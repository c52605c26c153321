using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Simulation.Model;

/// <summary>The records of one commit: the model takes the instants from here, and says everything else itself.</summary>
internal sealed class CommitView
{
    public static readonly CommitView Nothing = new([]);

    private readonly Dictionary<RecordKey, StateRecord?> _records;

    private CommitView(Dictionary<RecordKey, StateRecord?> records) => _records = records;

    public IEnumerable<SecretVersionKey> Versions => _records.Keys.OfType<SecretVersionKey>();

    public static CommitView Of(StoreTransaction transaction) => new(transaction.Writes
        .Select(write => (Key: RecordKey.Parse(write.Key), write.Value))
        .ToDictionary(write => write.Key, write => write.Value is { } value ? RecordCodec.Decode(write.Key, value.Span) : null));

    /// <summary>The record that a change must have written.</summary>
    public SecretVersion Version(SecretId id, int number) =>
        _records.GetValueOrDefault(new SecretVersionKey(id.Tenant, id.Name, number)) as SecretVersion
        ?? throw new Violation($"version {number} of {id} was changed, but the commit does not hold it");

    public IdempotencyRecord? Answer(IdempotencyKey key) => _records.GetValueOrDefault(key) as IdempotencyRecord;

    public IEnumerable<IdempotencyKey> RemovedKeys => _records.Where(pair => pair.Value is null).Select(pair => pair.Key).OfType<IdempotencyKey>();

    public HeadRecord Head => (HeadRecord)_records[new HeadKey()]!;
}
