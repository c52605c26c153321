using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;

namespace Mill.Hosting.Cluster;

/// <summary>How long what this node shows and believes is good: what an alarm looks at.</summary>
internal sealed class CertificateMetrics : IDisposable
{
    private readonly Meter _meter = new("Mill.Certificates");

    public CertificateMetrics(CurrentCredentials credentials)
    {
        _meter.CreateObservableGauge("mill.certificate.end_timestamp", () => EndOf(credentials.Value.Certificate), unit: "s", description: "When this node's certificate ends, in seconds since 1970.");
        _meter.CreateObservableGauge("mill.authority.end_timestamp", () => EndOf(credentials.Value.Trust.Authority), unit: "s", description: "When the cluster's authority ends, as this node has it, in seconds since 1970.");
    }

    public void Dispose() => _meter.Dispose();

    private static double EndOf(X509Certificate2 certificate) => new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds();
}
