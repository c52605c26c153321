using System.Diagnostics.Metrics;
using Mill.Core.Ports;

namespace Mill.Server.Metrics;

/// <summary>Gauges of the state, as it is for whoever asks.</summary>
internal sealed class StateMetrics : IDisposable
{
    private readonly Meter _meter;
    private Observed<StateTotals> _seen = new(new(new(true, null, null, null), 0, 0, 0), 0);

    /// <param name="listener">The one listener that shall see these gauges: a second server in the process has its own state.</param>
    public StateMetrics(MetricsListener listener)
    {
        _meter = new(new MeterOptions("Mill.Server.State") { Scope = listener });
        _meter.CreateObservableGauge("mill.state.revision", () => _seen.Revision, description: "Revision of the state on this node.");
        _meter.CreateObservableGauge("mill.secrets", () => _seen.Answer.Secrets, description: "Secrets that exist, as far as the reader of this page sees them: an operator in all tenants.");
        _meter.CreateObservableGauge("mill.secret_versions", () => _seen.Answer.Versions, description: "Versions that are kept, as far as the reader of this page sees them.");
        _meter.CreateObservableGauge("mill.tokens", () => _seen.Answer.Tokens, description: "Tokens, as far as the reader of this page sees them.");
        _meter.CreateObservableGauge("mill.vault.sealed", () => _seen.Answer.Seal.IsSealed ? 1 : 0, description: "1 while the vault is sealed.");
    }

    public void See(Observed<StateTotals> totals) => _seen = totals;

    public void Dispose() => _meter.Dispose();
}
