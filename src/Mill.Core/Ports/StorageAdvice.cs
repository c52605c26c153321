namespace Mill.Core.Ports;

/// <summary>What is said, in logs, in answers and by commands, of a database that has little room left, or none.</summary>
public static class StorageAdvice
{
    /// <summary>The share of what may be used from which on somebody is told.</summary>
    public const double NearlyFull = 0.8;

    /// <summary>Where Mill runs the engine.</summary>
    public const string Full = "Mill lets go of the past; if that is not enough, restart every node with more: mill server --storage-quota SIZE";

    /// <summary>While writes are still taken.</summary>
    public const string InTime = "restart every node with more, one after the other: mill server --storage-quota SIZE";

    /// <summary>Where somebody else runs it.</summary>
    public const string FullElsewhere = "Compact and defragment that etcd, or raise its --quota-backend-bytes, and disarm the alarm.";
}
