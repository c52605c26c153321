namespace Mill.Core.Model;

/// <summary>One stored record. Its JSON is what an operator sees in the store; <see cref="Format"/> keeps old ones readable.</summary>
public abstract record StateRecord
{
    /// <summary>
    /// The only format there is so far. A version that brings another one reads both, and goes on writing this one until every <see cref="NodeRecord.Version"/>
    /// says that all nodes can read the other: a node that meets a later format than it knows stops serving.
    /// </summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;
}

/// <summary>A record to put at a key, or null to delete what is there.</summary>
public readonly record struct StateChange(RecordKey Key, StateRecord? Record)
{
    /// <summary>The secrets of which some version changes, each once.</summary>
    public static IEnumerable<SecretId> SecretsOf(IEnumerable<RecordKey> changed) =>
        changed.OfType<SecretVersionKey>().Select(key => new SecretId(key.Tenant, key.Name)).Distinct();
}
