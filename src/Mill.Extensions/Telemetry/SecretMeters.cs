using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mill.Extensions.Services;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Telemetry;

/// <summary>What is counted and traced; never throws, whoever listens. No name of a secret is among it: there may be thousands, and names tell more than numbers should.</summary>
internal static class SecretMeters
{
    private const string ProviderTag = "mill.provider";
    internal const string OutcomeTag = "mill.outcome";
    internal const string ErrorTag = "error.type";

    private static readonly ConcurrentDictionary<Freshness, bool> Live = new();
    private static readonly ConcurrentDictionary<HostedSecrets, bool> Hosted = new();
    private static readonly ActivitySource Source = new(MillTelemetry.Name);
    // With a scope of its own it is not taken for one of the server's, where both are in one process.
    private static readonly Meter Meter = new(new MeterOptions(MillTelemetry.Name) { Scope = typeof(SecretMeters) });
    private static readonly Counter<long> Gets = Meter.CreateCounter<long>("mill.secrets.gets", "{lookup}", "Lookups of a secret: found, stale, not_found or unavailable.");
    private static readonly Counter<long> Refreshes = Meter.CreateCounter<long>("mill.secrets.refreshes", "{refresh}", "Times that configuration was read again: changed, unchanged or failed.");
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("mill.secrets.failures", "{failure}", "Times that secrets could not be read as they are now.");

    private static readonly Counter<long> Rotations = Meter.CreateCounter<long>("mill.secrets.rotations", "{secret}", "Secrets that were told to have another value.");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("mill.secrets.duration", "s", "How long lookups, sets, refreshes and lists of keys took.");

    static SecretMeters()
    {
        Meter.CreateObservableGauge("mill.secrets.age", () => Live.Keys.Select(one => new Measurement<double>(one.Age.TotalSeconds, Tag(one.Name))), "s", "How long what is given may not have been the latest; 0 while it is.");
        Meter.CreateObservableGauge("mill.secrets.cached", () => Hosted.Keys.Select(one => new Measurement<int>(one.CachedCount, Tag(one.Name))), "{secret}", "Secrets of vaults that are kept in memory.");
    }

    public static void Add(Freshness freshness) => Live[freshness] = true;

    public static void Remove(Freshness freshness) => Live.TryRemove(freshness, out var _);

    public static void Add(HostedSecrets secrets) => Hosted[secrets] = true;

    public static void Remove(HostedSecrets secrets) => Hosted.TryRemove(secrets, out var _);

    /// <summary>Says what it counted it as.</summary>
    /// <param name="isAtHand">Whether it was answered without waiting for anybody.</param>
    public static string Count(string provider, SecretLookup lookup, bool isAtHand, TimeSpan took)
    {
        var outcome = lookup switch
        {
            { Status: SecretLookupStatus.NotFound } => "not_found",
            { Status: SecretLookupStatus.Unavailable } => "unavailable",
            { Error: null } => "found",
            _ => "stale",
        };
        Add(Gets, 1, Tag(provider), new(OutcomeTag, outcome), new("mill.cache", isAtHand ? "hit" : "miss"));
        Took(provider, "get", outcome, took);
        if (lookup.Error is { } error) Fail(provider, error);
        return outcome;
    }

    /// <param name="isChanged">Null where it failed.</param>
    public static void Refreshed(string provider, bool? isChanged) => Add(Refreshes, 1, Tag(provider), new(OutcomeTag, isChanged switch { true => "changed", false => "unchanged", null => "failed" }));

    public static void Fail(string provider, MillException error) => Add(Failures, 1, Tag(provider), new(ErrorTag, error.Error.ToCode()));

    public static void Rotated(string provider, int count) => Add(Rotations, count, Tag(provider));

    public static void Took(string provider, string operation, string outcome, TimeSpan took)
    {
        try
        {
            Duration.Record(took.TotalSeconds, Tag(provider), new("mill.operation", operation), new(OutcomeTag, outcome));
        }
        catch (Exception)
        {
            // As with the others.
        }
    }

    /// <summary>Does something, and tells how long it took and whether it failed.</summary>
    public static async ValueTask MeasureAsync(string provider, string operation, TimeProvider time, Func<ValueTask> act)
    {
        var (begin, outcome) = (time.GetTimestamp(), "failed");
        try
        {
            await act().ConfigureAwait(false);
            outcome = "done";
        }
        finally
        {
            Took(provider, operation, outcome, time.GetElapsedTime(begin));
        }
    }

    public static SecretTrace Start(string name, string provider)
    {
        var before = Activity.Current;
        try
        {
            return new(Source.StartActivity(name)?.SetTag(ProviderTag, provider));
        }
        catch (Exception)
        {
            Activity.Current = before;
            return default;
        }
    }

    /// <summary>Who listens may fail, and that is no reason for a secret not to be had.</summary>
    private static void Add(Counter<long> counter, long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            counter.Add(count, tags);
        }
        catch (Exception)
        {
            // As it says.
        }
    }

    private static KeyValuePair<string, object?> Tag(string provider) => new(ProviderTag, provider);
}
