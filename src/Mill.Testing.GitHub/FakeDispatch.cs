using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>A <c>repository_dispatch</c> that was taken.</summary>
/// <param name="Run">What it began; null for nothing.</param>
public sealed record FakeDispatch(FakeRepository Repository, string EventType, JsonObject Payload, DateTimeOffset Time, FakeRun? Run);
