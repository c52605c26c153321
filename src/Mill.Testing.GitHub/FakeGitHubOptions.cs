using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Mill.Testing.GitHub;

/// <summary>How a <see cref="FakeGitHub"/> is from the start.</summary>
public sealed record FakeGitHubOptions
{
    /// <summary>Its clock: for everything that it does or says, the <c>Date</c> of its answers too.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where it listens; a port of 0 is one that is free.</summary>
    public IPEndPoint Endpoint { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>With its key, for https; null for http.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Shown along with it; null for none.</summary>
    public X509Certificate2? Issuer { get; init; }

    /// <summary>Null for a server of one's own, where they are off unless somebody sets them.</summary>
    public FakeRateLimits? Limits { get; init; } = new();

    /// <summary>What <c>X-GitHub-Api-Version</c> may be; the first is meant where it is not sent.</summary>
    public IReadOnlyList<string> ApiVersions { get; init; } = ["2022-11-28", "2026-03-10"];
}
