using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>A secret's history as the server tells it, oldest first.</summary>
internal sealed record SeenVersion(int Number, string State, string From, string? To);

/// <summary>Reads histories and values.</summary>
internal static class Seen
{
    /// <summary>Empty where the server knows no such secret.</summary>
    public static async Task<IReadOnlyList<SeenVersion>> HistoryAsync(MillApi api, string name)
    {
        var versions = new List<SeenVersion>();
        int? before = null;
        do
        {
            var reply = await api.GetAsync($"/v1/secrets/{name}/history?limit=1000{(before is null ? "" : $"&before={before}")}");
            if (reply.Status == 404) return [];
            Assert.True(reply.Status == 200, $"The history of {name}: {reply}");
            versions.AddRange(reply.Body!["versions"]!.AsArray().Select(item => Parse(item!)));
            before = reply.Body["next"]?.GetValue<int>();
        }
        while (before is not null);
        versions.Reverse();
        return versions;
    }

    public static async Task<byte[]> ValueAsync(MillApi api, string name, int version)
    {
        var reply = await api.GetAsync($"/v1/secrets/{name}?version={version}");
        Assert.True(reply.Status == 200, $"Version {version} of {name}: {reply}");
        return reply.Value();
    }

    private static SeenVersion Parse(JsonNode item) =>
        new(item["version"]!.GetValue<int>(), item["state"]!.GetValue<string>(), item["valid_from"]!.GetValue<string>(), item["valid_to"]?.GetValue<string>());
}
