using System.Security.Cryptography.X509Certificates;

namespace Mill.Client;

/// <summary>Where a <see cref="MillClient"/> finds its server, and who it is there.</summary>
public sealed record MillClientOptions
{
    public static Uri DefaultAddress { get; } = new("http://127.0.0.1:4400");

    public Uri Address { get; init; } = DefaultAddress;

    /// <summary>Other nodes of the same cluster. Where one cannot be reached, the next one is asked, and asked first from then on.</summary>
    public IReadOnlyList<Uri> Fallbacks { get; init; } = [];

    /// <summary>
    /// The one authority whose servers are believed, as a cluster has one of its own (<c>ca.crt</c> in a node's data directory); null for those that this machine
    /// believes.
    /// </summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>The bearer token; without one only health can be asked for.</summary>
    public string? Token { get; init; }

    /// <summary>The tenant to work in. Only operators may name one.</summary>
    public string? Tenant { get; init; }

    /// <summary>How long one call may take, retry included. A watch has no limit.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a watch may be silent before its connection counts as lost. The server sends something every 15 seconds.</summary>
    public TimeSpan WatchSilence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one address may take to accept a connection before the next one is asked.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"{Address} (tenant {Tenant ?? "of the token"})";
}
