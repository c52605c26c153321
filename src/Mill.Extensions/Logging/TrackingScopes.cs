using System.Collections;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mill.Extensions.Logging;

/// <summary>Scopes as the factory's own keep them: what was pushed, and before it, what was asked to be told of the current activity.</summary>
internal sealed class TrackingScopes(ActivityTrackingOptions tracked) : IExternalScopeProvider
{
    private readonly LoggerExternalScopeProvider _pushed = new();

    public IDisposable Push(object? state) => _pushed.Push(state);

    public void ForEachScope<TState>(Action<object?, TState> callback, TState state)
    {
        if (tracked is not ActivityTrackingOptions.None && Activity.Current is { } activity)
        {
            callback(new ActivityScope([.. Ids(activity)]), state);
            if (Has(ActivityTrackingOptions.Tags) && activity.TagObjects.Any()) callback(new ActivityScope([.. activity.TagObjects]), state);
            if (Has(ActivityTrackingOptions.Baggage) && activity.Baggage.Any()) callback(new ActivityScope([.. activity.Baggage.Select(pair => KeyValuePair.Create(pair.Key, (object?)pair.Value))]), state);
        }
        _pushed.ForEachScope(callback, state);
    }

    private IEnumerable<KeyValuePair<string, object?>> Ids(Activity activity)
    {
        var isW3C = activity.IdFormat is ActivityIdFormat.W3C;
        if (Has(ActivityTrackingOptions.SpanId)) yield return new("SpanId", isW3C ? activity.SpanId.ToHexString() : activity.Id);
        if (Has(ActivityTrackingOptions.TraceId)) yield return new("TraceId", isW3C ? activity.TraceId.ToHexString() : activity.RootId);
        if (Has(ActivityTrackingOptions.ParentId)) yield return new("ParentId", isW3C ? activity.ParentSpanId.ToHexString() : activity.ParentId);
        if (Has(ActivityTrackingOptions.TraceState)) yield return new("TraceState", activity.TraceStateString);
        if (Has(ActivityTrackingOptions.TraceFlags)) yield return new("TraceFlags", activity.ActivityTraceFlags.ToString());
    }

    private bool Has(ActivityTrackingOptions option) => (tracked & option) is not 0;

    private sealed class ActivityScope(KeyValuePair<string, object?>[] pairs) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => pairs.Length;

        public KeyValuePair<string, object?> this[int index] => pairs[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => pairs.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => string.Join(", ", pairs.Select(pair => $"{pair.Key}:{Convert.ToString(pair.Value, CultureInfo.InvariantCulture)}"));
    }
}
