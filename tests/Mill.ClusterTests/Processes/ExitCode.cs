namespace Mill.ClusterTests.Processes;

/// <summary>The exit codes that are promised for a server that cannot start.</summary>
internal static class ExitCode
{
    public const int Unavailable = 10;
    public const int Damaged = 11;
    public const int InUse = 12;
    public const int AddressUnavailable = 13;
    public const int InvalidMasterKey = 14;
}
