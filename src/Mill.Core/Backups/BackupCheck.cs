using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Backups;

/// <summary>
/// Looks at every record of a backup, as a server would that loads it: each parses and belongs where it stands, histories are whole, links and shape. One secret is
/// in memory at a
/// time, because its records stand together.
/// </summary>
/// <param name="open">Opens a version with the master key, and throws where it does not open; null to leave them closed.</param>
public sealed class BackupCheck(BackupReader reader, Action<SecretVersion>? open = null)
{
    private const int MaxProblems = 100;

    private readonly List<string> _problems = [];
    private readonly HashSet<UInt128> _keys = [];
    private readonly List<SecretVersion> _versions = [];
    private PrunedRecord? _pruned;
    private SecretId? _secret;
    private bool _hasCluster;
    private long _secrets;
    private long _versionCount;
    private long _destroyed;
    private long _tokens;
    private long _opened;

    /// <summary>
    /// Reads to the end. Throws <see cref="MillError.BackupRejected"/> where the file is not a whole backup; what does not fit together in one that is whole,
    /// because it was
    /// so when it was made, is a problem of the report.
    /// </summary>
    public async Task<BackupReport> RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var entry in reader.ReadAsync(cancellationToken).ConfigureAwait(false)) Add(entry);
        FinishSecret();
        if (!_hasCluster) Report("The record that says which cluster this is is missing.");
        return new(reader.Header, reader.Entries, reader.Bytes, _secrets, _versionCount, _destroyed, _tokens, open is null ? null : _opened, _problems);
    }

    private void Add(BackupEntry entry)
    {
        if (!_keys.Add(Digest(entry.Key))) throw reader.RejectLine("its key stood in the backup before");
        var (key, record) = Decode(entry);
        switch (key, record)
        {
            case (SecretVersionKey, SecretVersion version):
                Begin(version.Id);
                _versions.Add(version);
                Look(version);
                break;
            case (PrunedKey at, PrunedRecord pruned):
                Begin(new(at.Tenant, at.Name));
                _pruned = pruned;
                break;
            case (ClusterKey, ClusterRecord cluster):
                _hasCluster = true;
                if (cluster.Id != reader.Header.ClusterId || cluster.KeyId != reader.Header.KeyId) throw reader.RejectLine("it is of another cluster, or of another key, than the header says");
                break;
            case (TokenKey, _):
                _tokens++;
                break;
        }
    }

    private (RecordKey Key, StateRecord Record) Decode(BackupEntry entry)
    {
        try
        {
            var key = RecordKey.Parse(entry.Key);
            if (StateRecords.AreLeftOut(key)) throw reader.RejectLine("a record of this kind belongs to one store, and is in no backup");
            return (key, RecordCodec.Decode(key, entry.Value.Span));
        }
        catch (FormatException)
        {
            throw reader.RejectLine("it has a key that this version of Mill does not know");
        }
        catch (MillException e) when (e.Error is MillError.StorageDamaged or MillError.LaterFormat)
        {
            throw reader.RejectLine(e.Message.TrimEnd('.'));
        }
    }

    private void Begin(SecretId id)
    {
        if (_secret == id) return;
        FinishSecret();
        _secret = id;
    }

    private void FinishSecret()
    {
        if (_secret is not { } id) return;
        _secrets++;
        var history = new SecretHistory(id.Name) { Versions = [.. _versions], Pruned = _pruned };
        if ((HistoryCheck.FindFault(history) ?? HistoryCheck.FindBrokenLink(history)) is { } fault) Report($"secret \"{id.Name}\" in tenant \"{id.Tenant}\": {fault}");
        _versions.Clear();
        (_secret, _pruned) = (null, null);
    }

    private void Look(SecretVersion version)
    {
        _versionCount++;
        // A restored store goes on after this time: a version from later would be written twice over.
        if (version.ValidFrom > reader.Header.CommitTime || version.ValidTo > reader.Header.CommitTime)
            Report($"secret \"{version.Name}\" in tenant \"{version.Tenant}\": version {version.Version} is later than the backup");
        if (version.State is VersionState.Destroyed) _destroyed++;
        else if (open is not null) Open(open, version);
    }

    private void Open(Action<SecretVersion> open, SecretVersion version)
    {
        try
        {
            open(version);
            _opened++;
        }
        catch (MillException e) when (e.Error is MillError.RecordRejected)
        {
            Report(e.Message);
        }
    }

    private void Report(string problem)
    {
        if (_problems.Count < MaxProblems) _problems.Add(problem);
    }

    /// <summary>Sixteen bytes for each key instead of the key: nobody finds two keys that share them.</summary>
    private static UInt128 Digest(string key) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
