using System.Text;
using System.Text.RegularExpressions;
using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Isolation;

/// <summary>What has happened to the name that the outsiders ask for.</summary>
internal enum Fate
{
    NeverWas,
    Exists,
    Deleted,
    Destroyed,
}

/// <summary>
/// A server in which one hidden name has met its fate. All worlds have seen the same number of commits at the same moments and share their master key,
/// so that for whoever may not see the name, every byte of every answer must be the same in all of them.
/// </summary>
internal sealed partial class World(TestServer server, IReadOnlyDictionary<string, string> tokens) : IAsyncDisposable
{
    public const string Hidden = "app/hidden-one";

    private const string Key = "cm9vdHJvb3Ryb290cm9vdHJvb3Ryb290cm9vdHJvb3Q=";

    public static async Task<World> MakeAsync(Fate fate)
    {
        var server = await TestServer.StartAsync(new() { MasterKey = Key });
        var tokens = new Dictionary<string, string>();
        foreach (var outsider in Outsiders.All) tokens.Add(outsider.Name, outsider.Make is null ? server.OperatorToken : (await outsider.Make(server)).Token);
        foreach (var tenant in new[] { "default", "b" }) await server.Operator.In(tenant).PutAsync("app/mine", "mine");
        await Live(server, fate);
        return new(server, tokens);
    }

    public async Task<string> AskAsync(Outsider outsider, Probe probe)
    {
        var token = outsider.Spoil?.Invoke(tokens[outsider.Name]) ?? tokens[outsider.Name];
        var api = outsider.Tenant is null ? server.As(token) : server.As(token, outsider.Tenant);
        var answer = await api.SendAsync(probe.Method, probe.Path, probe.Body, [("Mill-Request-Id", "r1"), .. probe.Headers]);
        var text = new StringBuilder().Append(answer.Status).Append('\n');
        foreach (var (name, value) in answer.Headers.Where(header => header.Key is not "Date").OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase)) text.Append(name).Append(": ").Append(value).Append('\n');
        return text.Append('\n').Append(Tokens().Replace(answer.Text, "[token]")).ToString();
    }

    /// <summary>What a watcher is told while the hidden name lives through its fate again, up to an event it may see.</summary>
    public async Task<string> WatchAsync(Outsider outsider, Fate fate)
    {
        var api = server.As(tokens[outsider.Name], outsider.Tenant);
        using var watch = await api.WatchAsync();
        await Live(server, fate);
        await server.Operator.In(outsider.Tenant ?? outsider.Home).PutAsync(outsider.Sees, $"{server.Now().Revision}");
        var told = new StringBuilder();
        while (await watch.NextAsync() is { } frame)
        {
            told.Append(frame).Append(" id ").Append(frame.Id).Append('\n');
            if (frame.Event is not null && frame.Name == outsider.Sees) break;
        }
        return told.ToString();
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    /// <summary>The same work at every fate: where the name never was, it happens in a tenant that nobody looks into.</summary>
    private static async Task Live(TestServer server, Fate fate)
    {
        var owner = server.Operator.In(fate is Fate.NeverWas ? "c" : "default");
        foreach (var value in new[] { "canary-1", "canary-2" }) (await owner.SendAsync("PUT", $"/v1/secrets/{Hidden}?force=true", new { value })).DemandDone();
        // The last commit is a deletion, a destruction or one more version: one commit in any case.
        _ = fate switch
        {
            Fate.Deleted => (await owner.DeleteAsync(Hidden)).DemandDone(),
            Fate.Destroyed => (await owner.SendAsync("POST", $"/v1/secrets/{Hidden}/destroy", new { all = true })).DemandDone(),
            _ => (await owner.SetAsync(Hidden, "canary-3")).DemandDone(),
        };
    }

    /// <summary>Ids and texts of tokens are random, and so differ between any two servers.</summary>
    [GeneratedRegex("mill_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}|\"id\":\"[0-9A-Za-z]{12}\"")]
    private static partial Regex Tokens();
}

internal static class Answers
{
    public static Answer DemandDone(this Answer answer) => answer.Status < 300 ? answer : throw new InvalidOperationException(answer.ToString());
}
