using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Crashes;

/// <summary>Compares a whole store, or the latest of it, with what it must hold.</summary>
internal static class StoreComparison
{
    private const int Newest = 3;

    /// <summary>Some secrets: their histories, and their newest values.</summary>
    public static async Task NewestAsync(MillApi api, Expectations expected, IReadOnlyList<string> names)
    {
        foreach (var secret in names.Select(expected.Of)) await SecretAsync(api, expected, secret, Newest);
    }

    /// <summary>Every value of every version, the list of names, and what the server says of itself.</summary>
    public static async Task AllAsync(MillApi api, Expectations expected)
    {
        foreach (var secret in expected.All) await SecretAsync(api, expected, secret, int.MaxValue);
        await SoundAsync(api, expected.All.Sum(secret => secret.Versions.Count));
        var list = await api.GetAsync("/v1/secrets?limit=1000");
        var names = list.Body!["secrets"]!.AsArray().Select(item => item!["name"]!.GetValue<string>());
        Assert.Equal(expected.All.Where(secret => secret.Current is not null).Select(secret => secret.Name).Order(StringComparer.Ordinal), names);
    }

    private static async Task SecretAsync(MillApi api, Expectations expected, ExpectedSecret secret, int newest)
    {
        await SecretCheck.HistoryAsync(api, secret);
        await SecretCheck.CurrentAsync(api, secret);
        await SecretCheck.ValuesAsync(api, expected.Seed, secret, newest);
    }

    private static async Task SoundAsync(MillApi api, int versions)
    {
        var reply = await api.VerifyAsync();
        Assert.True(reply.Status == 200 && reply.Body!["sound"]!.GetValue<bool>(), $"verify: {reply}");
        Assert.Equal(versions, reply.Body["versions"]!.GetValue<int>());
        Assert.Equal(versions, reply.Body["opened"]!.GetValue<int>());
    }
}
