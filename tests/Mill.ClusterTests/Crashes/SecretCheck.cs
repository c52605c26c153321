using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>Compares one secret with what it must be.</summary>
internal static class SecretCheck
{
    /// <summary>The history: complete, without gaps or overlaps, and nothing in it that nobody wrote.</summary>
    public static async Task HistoryAsync(MillApi api, ExpectedSecret expected)
    {
        var seen = await Seen.HistoryAsync(api, expected.Name);
        Assert.True(seen.Select(version => version.Number).SequenceEqual(Enumerable.Range(1, expected.LastVersion)), $"{expected.Name}: versions {string.Join(", ", seen.Select(version => version.Number))}, expected 1 to {expected.LastVersion}");
        Assert.True(expected.Versions.Count == seen.Count, $"{expected.Name}: a version that nobody wrote is there.");
        for (var i = 0; i < seen.Count; i++) RequireSame(expected, seen[i], next: i + 1 < seen.Count ? seen[i + 1] : null);
    }

    /// <summary>The values of the newest versions.</summary>
    public static async Task ValuesAsync(MillApi api, int seed, ExpectedSecret expected, int newest = int.MaxValue)
    {
        foreach (var version in expected.Versions.Values.Reverse().Take(newest))
        {
            var value = await Seen.ValueAsync(api, expected.Name, version.Number);
            Assert.True(value.AsSpan().SequenceEqual(SecretBytes.Of(seed, expected.Name, version.Sequence)), $"{expected.Name}: the value of version {version.Number} is not the one that was set.");
        }
    }

    /// <summary>What a reader gets who names no version.</summary>
    public static async Task CurrentAsync(MillApi api, ExpectedSecret expected)
    {
        var reply = await api.GetAsync($"/v1/secrets/{expected.Name}");
        Assert.True(reply.Status == (expected.Current is null ? 404 : 200), $"{expected.Name}: {reply.Status}");
        if (expected.Current is { } current) Assert.Equal(current.Number, reply.Body!["version"]!.GetValue<int>());
    }

    private static void RequireSame(ExpectedSecret expected, SeenVersion seen, SeenVersion? next)
    {
        var what = $"{expected.Name}, {seen}, next {next}";
        var deleted = expected.Deletions.TryGetValue(seen.Number, out var deletedAt);
        Assert.True(seen.From == expected.Versions[seen.Number].Instant, $"{what}: it was acknowledged as valid from {expected.Versions[seen.Number].Instant}");
        Assert.True(seen.State == (deleted ? "deleted" : next is null ? "current" : "superseded"), what);
        Assert.True(seen.To is null == (seen.State == "current"), what);
        Assert.True(seen.To is null || string.CompareOrdinal(seen.From, seen.To) < 0, $"{what}: an empty interval");
        Assert.True(deletedAt is null || seen.To == deletedAt, $"{what}: it was deleted at {deletedAt}");
        if (next is null) return;
        var order = string.CompareOrdinal(seen.To, next.From);
        Assert.True(deleted ? order <= 0 : order == 0, $"{what}: the intervals do not follow each other");
    }
}
