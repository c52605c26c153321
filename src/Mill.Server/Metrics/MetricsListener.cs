using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Mill.Server.Metrics;

/// <summary>
/// Collects Mill's own instruments and the runtime's, and renders them in the Prometheus text format. Stands in for an exporter package, behind this
/// folder: see <c>docs/adr/0004-metrics-text.md</c>.
/// </summary>
internal sealed class MetricsListener : IDisposable
{
    private static readonly double[] SecondBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
    private static readonly double[] CountBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

    private readonly ConcurrentDictionary<Instrument, Family> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _render = new();

    /// <summary>Begins to listen. Until then nothing is counted.</summary>
    public void Start()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsOurs(instrument.Meter))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static made => new Family(made)));
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((Family)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((Family)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((Family)family!).Record(value, tags));
        _listener.Start();
    }

    /// <param name="prepare">What is observed must be for this reader: nobody else's comes in between.</param>
    public string Render(Action prepare)
    {
        lock (_render)
        {
            prepare();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal)) family.Render(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Mill's instruments and the runtime's, without those that belong to another listener.</summary>
    private bool IsOurs(Meter meter) =>
        meter.Name is "System.Runtime" || (meter.Name.StartsWith("Mill.", StringComparison.Ordinal) && (meter.Scope is null || meter.Scope == this));

    /// <summary>One instrument and its series.</summary>
    private sealed class Family
    {
        private readonly ConcurrentDictionary<TagKey, Series> _series = new();
        private readonly Instrument _instrument;
        private readonly string _type;
        private readonly double[] _bounds;

        public Family(Instrument instrument)
        {
            _instrument = instrument;
            var kind = instrument.GetType().Name;
            _type = kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : kind.Contains("UpDown", StringComparison.Ordinal) || kind.Contains("Gauge", StringComparison.Ordinal) ? "gauge" : "counter";
            // What is observed is given as a total each time; what is counted is given as steps.
            IsObserved = kind.StartsWith("Observable", StringComparison.Ordinal);
            _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? (instrument.Unit is "s" ? SecondBounds : CountBounds);
            var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            Name = MetricName.Clean(instrument.Name) + unit + (_type is "counter" ? "_total" : "");
        }

        public string Name { get; }

        private bool IsObserved { get; }

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = TagKey.Of(tags);
            if (!_series.TryGetValue(key, out var series)) series = _series.GetOrAdd(key, Create(TagKey.Labels(tags)));
            series.Record(value);
        }

        public void Render(StringBuilder text)
        {
            if (_series.IsEmpty) return;
            text.Append("# HELP ").Append(Name).Append(' ').Append((_instrument.Description ?? "").Replace("\n", " ", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(Name).Append(' ').Append(_type).Append('\n');
            foreach (var series in _series.Values) series.Render(text, Name);
        }

        private Series Create(string labels) => _type switch
        {
            "histogram" => new Distribution(labels, _bounds),
            _ when IsObserved || _type is "gauge" && _instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal) => new Gauge(labels),
            _ => new Sum(labels),
        };
    }
}
