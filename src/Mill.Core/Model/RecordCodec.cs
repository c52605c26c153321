using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mill.Core.Fleet;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>Records to the JSON that is stored, and back.</summary>
public static class RecordCodec
{
    public static byte[] Encode(StateRecord record) =>
        record is SecretVersion version ? SecretVersionWriter.Write(version) : JsonSerializer.SerializeToUtf8Bytes(record, TypeOf(record));

    /// <summary>
    /// Reads what is stored at a key. Throws <see cref="MillError.LaterFormat"/> where a later version of Mill wrote it, and
    /// <see cref="MillError.StorageDamaged"/> where it is no record of the key's kind, or says of itself that it belongs elsewhere.
    /// </summary>
    public static StateRecord Decode(RecordKey key, ReadOnlySpan<byte> json)
    {
        try
        {
            var record = key is SecretVersionKey version ? SecretVersionReader.Read(version, json) : (StateRecord?)JsonSerializer.Deserialize(json, TypeAt(key)) ?? throw new JsonException("null");
            if (record.Format is not StateRecord.CurrentFormat) throw new JsonException($"there is no format {record.Format}");
            if (record is SecretVersion { IsWellShaped: false }) throw new JsonException("a field has no size that it can have");
            if (!BelongsAt(record, key)) throw new JsonException("it belongs at another key");
            return record;
        }
        // Whatever else there is about it: what a later format looks like is not known here.
        catch (JsonException) when (RecordFormat.Find(json) is > StateRecord.CurrentFormat and var format)
        {
            throw RecordFormat.Later($"The record at {key} has format {format}, and this version of Mill knows none above {StateRecord.CurrentFormat}.");
        }
        catch (JsonException e)
        {
            // The exception's own text may quote what it read; only its place is safe to pass on.
            throw new MillException(MillError.StorageDamaged, $"The record at {key} cannot be read{Place(e)}.") { Hint = "Restore the data directory from a backup." };
        }
    }

    private static bool BelongsAt(StateRecord record, RecordKey key) => (record, key) switch
    {
        (SecretVersion version, SecretVersionKey at) => version.Version == at.Version, // the rest was compared while it was read
        (TokenRecord token, TokenKey at) => token.Id == at.Id,
        (PrunedRecord pruned, PrunedKey at) => (pruned.Tenant, pruned.Name) == (at.Tenant, at.Name),
        (NodeRecord node, NodeKey at) => node.Id == at.Id,
        (JoinTokenRecord token, JoinTokenKey at) => token.Id == at.Id,
        (RetentionRecord retention, RetentionKey at) => retention.Tenant == at.Tenant,
        (ServiceRecord service, ServiceKey at) => service.Spec.Name == at.Name,
        (TaskRecord task, TaskKey at) => task.Spec.Name == at.Name,
        (RegistryRecord registry, RegistryKey at) => registry.Spec.Address == at.Address,
        (DeployRecord deploy, DeployKey at) => deploy.Number == at.Number,
        (AllocRecord alloc, AllocKey at) => alloc.Id == at.Id,
        (NodeStateRecord node, NodeStateKey at) => node.Node == at.Node,
        (TaskTotalsRecord totals, TaskTotalsKey at) => (totals.Tenant, totals.Name) == (at.Tenant, at.Name),
        _ => true,
    };

    /// <summary>Where, in bytes: a path would quote the names of members, and those are content too. Texts of our own quote nothing.</summary>
    private static string Place(JsonException e) =>
        e.BytePositionInLine is { } position ? $" (line {e.LineNumber + 1}, byte {position})" : e.Path is null && e.InnerException is null ? $" ({e.Message})" : "";

    private static JsonTypeInfo TypeOf(StateRecord record) => record switch
    {
        IdempotencyRecord => RecordJson.Default.IdempotencyRecord,
        HeadRecord => RecordJson.Default.HeadRecord,
        RestoreRecord => RecordJson.Default.RestoreRecord,
        TokenRecord => RecordJson.Default.TokenRecord,
        PrunedRecord => RecordJson.Default.PrunedRecord,
        RetentionRecord => RecordJson.Default.RetentionRecord,
        ClusterRecord => RecordJson.Default.ClusterRecord,
        LeaderRecord => RecordJson.Default.LeaderRecord,
        NodeRecord => RecordJson.Default.NodeRecord,
        JoinTokenRecord => RecordJson.Default.JoinTokenRecord,
        AuthorityRecord => RecordJson.Default.AuthorityRecord,
        RevocationsRecord => RecordJson.Default.RevocationsRecord,
        FleetRecord => RecordJson.Default.FleetRecord,
        ServiceRecord => RecordJson.Default.ServiceRecord,
        TaskRecord => RecordJson.Default.TaskRecord,
        RegistryRecord => RecordJson.Default.RegistryRecord,
        DeployRecord => RecordJson.Default.DeployRecord,
        AllocRecord => RecordJson.Default.AllocRecord,
        NodeStateRecord => RecordJson.Default.NodeStateRecord,
        TaskTotalsRecord => RecordJson.Default.TaskTotalsRecord,
        _ => throw new ArgumentException("No JSON form is known for this record.", nameof(record)),
    };

    private static JsonTypeInfo TypeAt(RecordKey key) => key switch
    {
        IdempotencyKey => RecordJson.Default.IdempotencyRecord,
        HeadKey => RecordJson.Default.HeadRecord,
        RestoreKey => RecordJson.Default.RestoreRecord,
        TokenKey => RecordJson.Default.TokenRecord,
        PrunedKey => RecordJson.Default.PrunedRecord,
        RetentionKey => RecordJson.Default.RetentionRecord,
        ClusterKey => RecordJson.Default.ClusterRecord,
        LeaderKey => RecordJson.Default.LeaderRecord,
        NodeKey => RecordJson.Default.NodeRecord,
        JoinTokenKey => RecordJson.Default.JoinTokenRecord,
        AuthorityKey => RecordJson.Default.AuthorityRecord,
        RevocationsKey => RecordJson.Default.RevocationsRecord,
        FleetKey => RecordJson.Default.FleetRecord,
        ServiceKey => RecordJson.Default.ServiceRecord,
        TaskKey => RecordJson.Default.TaskRecord,
        RegistryKey => RecordJson.Default.RegistryRecord,
        DeployKey => RecordJson.Default.DeployRecord,
        AllocKey => RecordJson.Default.AllocRecord,
        NodeStateKey => RecordJson.Default.NodeStateRecord,
        TaskTotalsKey => RecordJson.Default.TaskTotalsRecord,
        _ => throw new ArgumentException("No JSON form is known for this key.", nameof(key)),
    };
}
