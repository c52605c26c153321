using System.Text.Json;
using Xunit;

namespace Mill.Tests.Server.Fixture;

/// <summary>What the contract says of error bodies.</summary>
internal static class Problems
{
    /// <summary>Every code that a request may be answered with, and its status.</summary>
    public static IReadOnlyDictionary<string, int> Codes { get; } = new Dictionary<string, int>
    {
        ["invalid_request"] = 400,
        ["invalid_name"] = 400,
        ["invalid_value"] = 400,
        ["unauthenticated"] = 401,
        ["forbidden"] = 403,
        ["not_found"] = 404,
        ["method_not_allowed"] = 405,
        ["request_timeout"] = 408,
        ["idempotency_mismatch"] = 409,
        ["already_exists"] = 409,
        ["deploy_in_progress"] = 409,
        ["precondition_failed"] = 412,
        ["too_large"] = 413,
        ["invalid_env"] = 422,
        ["unresolved_references"] = 422,
        ["invalid_spec"] = 422,
        ["no_room"] = 503,
        ["rate_limited"] = 429,
        ["vault_sealed"] = 503,
        ["no_leader"] = 503,
        ["no_quorum"] = 503,
        ["not_ready"] = 503,
        ["storage_full"] = 503,
    };

    private static readonly string[] Known = ["type", "title", "status", "detail", "code", "hint", "request_id", "current_version", "errors"];

    public static void DemandDocumented(Answer answer)
    {
        Assert.Equal("application/problem+json", answer.Header("Content-Type"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        var body = answer.Json;
        foreach (var name in new[] { "type", "title", "detail", "code" }) Assert.False(string.IsNullOrEmpty(body.GetProperty(name).GetString()), name);
        Assert.Equal(answer.Status, body.GetProperty("status").GetInt32());
        var code = answer.Code!;
        Assert.True(Codes.TryGetValue(code, out var status) && status == answer.Status, $"{code} with status {answer.Status}");
        Assert.Equal($"urn:mill:problem:{code}", body.GetProperty("type").GetString());
        Assert.All(body.EnumerateObject(), member => Assert.Contains(member.Name, Known));
        if (body.TryGetProperty("errors", out var errors)) Assert.All(errors.EnumerateArray(), DemandItem);
        Assert.Equal(answer.Status is 503 or 429, answer.Header("Retry-After") is not null);
        Assert.Equal(answer.Status is 401 ? "Bearer" : null, answer.Header("WWW-Authenticate"));
        Assert.Equal(answer.Status is 405, answer.Header("Allow") is not null);
        Assert.Equal(body.GetProperty("request_id").GetString(), answer.Header("Mill-Request-Id"));
    }

    private static void DemandItem(JsonElement item)
    {
        Assert.Contains(item.GetProperty("code").GetString()!, Codes.Keys);
        Assert.NotEqual("", item.GetProperty("detail").GetString());
    }
}
