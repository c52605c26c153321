using System.Net;
using Microsoft.Extensions.Logging;
using Mill.Backups;
using Mill.Hosting.Fleet;

namespace Mill.Hosting;

/// <summary>What <c>mill dev</c> was asked for.</summary>
internal sealed record DevOptions
{
    public required string DataDirectory { get; init; }

    public required IPEndPoint Listen { get; init; }

    /// <summary>The master key itself, from the environment; wins over the file.</summary>
    public string? MasterKey { get; init; }

    public required string MasterKeyFile { get; init; }

    /// <summary>Serve plain HTTP to other machines, too.</summary>
    public bool Insecure { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>Backups to make by itself; null for none.</summary>
    public BackupPlan? Backups { get; init; }

    /// <summary>Where it runs containers; null for none.</summary>
    public ContainerPlace? Containers { get; init; }

    // A record prints its members; the master key must never be one of them.
    public override string ToString() => $"{Listen}, {DataDirectory}";
}
