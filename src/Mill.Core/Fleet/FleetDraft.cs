using System.Globalization;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Core.Fleet;

/// <summary>What is decided in one go: every decision sees the ones before it.</summary>
/// <param name="portion">About how much of it may be: see <see cref="IsFull"/>.</param>
public sealed class FleetDraft(FleetState fleet, Timestamp now, StoreLimits portion)
{
    /// <summary>About how much is decided in one go: every engine takes that in one transaction, as it is usually set up. For etcd, that is 128 operations and 1.5 MiB.</summary>
    public static readonly StoreLimits Portion = new(100, 384 << 10);

    private readonly Dictionary<RecordKey, (StateRecord? Record, long Size)> _changes = [];
    private long _size;

    /// <summary>One of any size.</summary>
    public FleetDraft(FleetState fleet, Timestamp now)
        : this(fleet, now, StoreLimits.None)
    {
    }

    public FleetState Fleet { get; private set; } = fleet;

    public Timestamp Now => now;

    /// <summary>When there is something to decide again, if nothing happens before; null where there is not.</summary>
    public Timestamp? WakeAt { get; private set; }

    /// <summary>Each key once.</summary>
    public IReadOnlyList<StateChange> Changes => [.. _changes.Select(change => new StateChange(change.Key, change.Value.Record))];

    /// <summary>No more should be begun: what is left is for another draft, right after this one.</summary>
    public bool IsFull
    {
        get
        {
            if (_changes.Count < portion.Writes && _size < portion.Bytes) return false;
            Wake(now);
            return true;
        }
    }

    public void Put(RecordKey key, StateRecord record) => Change(key, record);

    public void Put(AllocRecord alloc)
    {
        TaskTotalsRecord.Note(this, Fleet.Allocs.GetValueOrDefault(alloc.Id), alloc);
        Change(new AllocKey(alloc.Id), alloc.IsTerminal ? alloc.Remembered : alloc);
    }

    public void Put(ServiceRecord service) => Change(new ServiceKey(service.Spec.Name), service);

    public void Put(DeployRecord deploy) => Change(new DeployKey(deploy.Number), deploy);

    public void Remove(RecordKey key) => Change(key, null);

    /// <summary>Takes the next number, with a name before it.</summary>
    public string NewAllocId(string name)
    {
        var number = Fleet.Numbers.NextAlloc;
        Put(new FleetKey(), Fleet.Numbers with { NextAlloc = number + 1 });
        return string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
    }

    public int NewDeployNumber()
    {
        var number = Fleet.Numbers.NextDeploy;
        Put(new FleetKey(), Fleet.Numbers with { NextDeploy = number + 1 });
        return number;
    }

    public void Wake(Timestamp at)
    {
        if (WakeAt is null || at < WakeAt) WakeAt = at;
    }

    /// <summary>True where a moment has come; or else it is one to wake at.</summary>
    public bool HasCome(Timestamp at)
    {
        if (at <= now) return true;
        Wake(at);
        return false;
    }

    private void Change(RecordKey key, StateRecord? record)
    {
        if (_changes.TryGetValue(key, out var before)) _size -= before.Size;
        // To measure is to encode.
        var size = portion == StoreLimits.None ? 0 : StoreLimits.SizeOf(key.ToString(), record is null ? 0 : RecordCodec.Encode(record).Length);
        _changes[key] = (record, size);
        _size += size;
        Fleet = Fleet.Apply(new(key, record)) ?? throw new ArgumentException("This is no record of a fleet.", nameof(key));
    }
}
