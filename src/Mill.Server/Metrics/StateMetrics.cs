using System.Diagnostics.Metrics;
using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Server.Metrics;

/// <summary>Gauges of the state, as it was when somebody last asked.</summary>
internal sealed class StateMetrics : IDisposable
{
    private readonly Meter _meter;
    private ClusterState _seen = ClusterState.Empty;
    private bool _isSealed;

    /// <param name="listener">The one listener that shall see these gauges: a second server in the process has its own state.</param>
    public StateMetrics(MetricsListener listener)
    {
        _meter = new(new MeterOptions("Mill.Server.State") { Scope = listener });
        _meter.CreateObservableGauge("mill.state.revision", () => _seen.Revision, description: "Revision of the state on this node.");
        _meter.CreateObservableGauge("mill.secrets", () => _seen.Tenants.Values.Sum(tenant => (long)tenant.ExistingCount), description: "Secrets that exist, in all tenants.");
        _meter.CreateObservableGauge("mill.secret_versions", () => _seen.Tenants.Values.Sum(tenant => tenant.VersionCount), description: "Versions that are kept, in all tenants.");
        _meter.CreateObservableGauge("mill.tokens", () => (long)_seen.Tokens.Count, description: "Tokens, in all tenants.");
        _meter.CreateObservableGauge("mill.vault.sealed", () => _isSealed ? 1 : 0, description: "1 while the vault is sealed.");
    }

    public void See(ClusterState state, SealStatus seal) => (_seen, _isSealed) = (state, seal.IsSealed);

    public void Dispose() => _meter.Dispose();
}
