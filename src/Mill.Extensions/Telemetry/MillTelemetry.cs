namespace Mill.Extensions;

/// <summary>What to listen to: <c>metrics.AddMeter(MillTelemetry.Name)</c>, <c>tracing.AddSource(MillTelemetry.Name, MillTelemetry.Client)</c>.</summary>
public static class MillTelemetry
{
    /// <summary>The meter, and the activities of refreshes.</summary>
    public const string Name = "Mill.Secrets";

    /// <summary>The activities of calls to a Mill server.</summary>
    public const string Client = "Mill.Client";
}
