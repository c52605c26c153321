using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>Something of everything that a vault can hold, and all of it as a client sees it: what must be the same after a cluster has lost its machines.</summary>
internal static class Contents
{
    private const string Updated = "app/updated";
    private const string Deleted = "app/deleted";
    private const string Destroyed = "app/destroyed";

    private static readonly string[] Names = [Updated, Deleted, Destroyed];

    /// <summary>Writes it through one node, and returns what that node shows afterwards.</summary>
    public static async Task<string> WriteAsync(RigNode node, ClusterAccess access)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        foreach (var name in Names)
        {
            for (var version = 1; version <= 3; version++) await DoneAsync(api, HttpMethod.Put, $"/v1/secrets/{name}", new JsonObject { ["value"] = $"{name} {version}" }.ToJsonString());
        }
        await DoneAsync(api, HttpMethod.Delete, $"/v1/secrets/{Deleted}");
        await DoneAsync(api, HttpMethod.Post, $"/v1/secrets/{Destroyed}/destroy", """{"versions":[1]}""");
        return await ReadAsync(node, access);
    }

    /// <summary>Every version of every secret, with its times, its author, and its value if it still has one.</summary>
    public static async Task<string> ReadAsync(RigNode node, ClusterAccess access)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        return await ReadAsync(api);
    }

    /// <summary>As the other, wherever it is kept.</summary>
    public static async Task<string> ReadAsync(NodeApi api)
    {
        var all = new StringBuilder();
        foreach (var name in Names)
        {
            var history = await DoneAsync(api, HttpMethod.Get, $"/v1/secrets/{name}/history");
            all.AppendLine(history.Reply.Text);
            foreach (var version in history.Reply.Body!["versions"]!.AsArray())
            {
                var reply = await api.SendAsync(HttpMethod.Get, $"/v1/secrets/{name}?version={version!["version"]}");
                all.AppendLine(reply.Value ?? reply.Code);
            }
        }
        return all.ToString();
    }

    /// <summary>A write that came to its end, and can be read.</summary>
    public static async Task RequireWritableAsync(RigNode node, ClusterAccess access, string value)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        await DoneAsync(api, HttpMethod.Put, "/v1/secrets/written", new JsonObject { ["value"] = value }.ToJsonString());
        Assert.Equal(value, (await DoneAsync(api, HttpMethod.Get, "/v1/secrets/written")).Value);
    }

    private static async Task<NodeReply> DoneAsync(NodeApi api, HttpMethod method, string path, string? body = null)
    {
        var reply = await api.SendAsync(method, path, body);
        Assert.True(reply.Reply.IsSuccess, $"{method} {path}: {reply}");
        return reply;
    }
}
