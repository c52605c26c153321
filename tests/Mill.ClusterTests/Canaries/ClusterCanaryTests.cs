using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Xunit;

namespace Mill.ClusterTests.Canaries;

/// <summary>
/// Secrets go through every node of a cluster whose logs tell everything; then nothing that its processes keep, say or show may hold one: neither a value nor a token nor the master key, and not in
/// what the engines know.
/// </summary>
public sealed class ClusterCanaryTests(Announcements announcements) : IClassFixture<Announcements>
{
    private readonly List<Canary> _values = [];

    /// <summary>By the node that was let in with it, and finds it in its environment.</summary>
    private readonly Dictionary<RigNode, Canary> _joinTokens = [];

    private int _uses;
    private Canary _token = null!;
    private Canary[] _key = [];

    private IReadOnlyList<Canary> All => [.. _values, .. _joinTokens.Values, _token, .. _key];

    [NetworkFact]
    public async Task No_secret_is_found_in_what_the_nodes_of_a_cluster_and_their_engines_keep_say_and_show()
    {
        await using var rig = ClusterRig.Create();
        try
        {
            await StartAsync(rig);
            foreach (var node in rig.Nodes) await UseAsync(rig, node);
            await Task.WhenAll(rig.Nodes.Select(node => RefusalsAsync(rig, node)));
            await Task.WhenAll(PlantOverStandardInputAsync(rig, rig.Nodes[1]), EncryptAsync(rig, rig.Nodes[2]), BackUpAsync(rig, rig.Nodes[0]));
            await UseAsync(rig, await ChangeLeaderAsync(rig));
            RequireHiddenInProcesses(rig);
            // Killed at once, so that nobody tidies up.
            await RigNode.KillAsync(rig.Nodes);
            RequireHiddenInLogs(rig);
            RequireHiddenInFiles(rig);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>The key lies beside the data directories, not in them.</summary>
    private async Task StartAsync(ClusterRig rig)
    {
        await rig.InitAsync(null, More(rig, 1));
        for (var number = 2; number <= 3; number++)
        {
            string? text = null;
            var node = await rig.JoinAsync(null, token => text = token, More(rig, number));
            _joinTokens.Add(node, new(text!.Split('_')[3]));
        }
        _token = new(rig.Access.Token.Split('_')[2]);
        var key = (await File.ReadAllTextAsync(KeyOf(rig, 1))).Trim();
        _key = [new(key), new(Convert.FromBase64String(key))];
    }

    private static string[] More(ClusterRig rig, int number) => ["--log-level", "trace", "--master-key-file", KeyOf(rig, number)];

    private static string KeyOf(ClusterRig rig, int number) => Path.Combine(rig.Root, $"n{number}.key");

    private Canary NewCanary()
    {
        var canary = new Canary($"canary-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20))}");
        _values.Add(canary);
        return canary;
    }

    private async Task UseAsync(ClusterRig rig, RigNode node)
    {
        using var api = new NodeApi(node.Url, rig.Access.Authority, rig.Access.Token);
        var (value, key) = (NewCanary().Text, ++_uses);
        await DoneAsync(api, HttpMethod.Put, "/v1/secrets/text", new JsonObject { ["value"] = value });
        await DoneAsync(api, HttpMethod.Put, "/v1/secrets/binary", new JsonObject { ["value_base64"] = Convert.ToBase64String([0, .. Encoding.UTF8.GetBytes(NewCanary().Text)]) }, ("Idempotency-Key", $"once-{key}"));
        JsonNode? Set(string name) => new JsonObject { ["op"] = "set", ["name"] = name, ["value"] = NewCanary().Text };
        await DoneAsync(api, HttpMethod.Post, "/v1/transactions", new JsonObject { ["operations"] = new JsonArray(Set("one"), Set("two")) }, ("Idempotency-Key", $"twice-{key}"));
        await DoneAsync(api, HttpMethod.Post, "/v1/env/encrypt", new JsonObject { ["content"] = $"A=enc(shop/a, {NewCanary().Text})\nSHOP_B={NewCanary().Text}\nC=enc(SHOP_B)\n" });
        await DoneAsync(api, HttpMethod.Post, "/v1/env/expand", new JsonObject { ["content"] = "C=secret(text)\n", ["format"] = "json" });
        var made = await DoneAsync(api, HttpMethod.Post, "/v1/tokens", new JsonObject { ["subject"] = "app", ["role"] = "reader" });
        _values.Add(new(made.Reply.Body!["token"]!.GetValue<string>().Split('_')[2]));
        await DoneAsync(api, HttpMethod.Delete, "/v1/secrets/one", null);
        await DoneAsync(api, HttpMethod.Post, "/v1/secrets/two/destroy", new JsonObject { ["all"] = true });
        Assert.Equal(value, (await DoneAsync(api, HttpMethod.Get, "/v1/secrets/text", null)).Value);
        foreach (var path in (string[])["/v1/secrets/text/history", "/v1/secrets/text?version=1", "/v1/status", "/v1/nodes", "/v1/metrics"]) await DoneAsync(api, HttpMethod.Get, path, null);
    }

    /// <summary>What is wrong with a request is said without repeating it, by whichever node decides.</summary>
    private async Task RefusalsAsync(ClusterRig rig, RigNode node)
    {
        var canary = NewCanary().Text;
        using var api = new NodeApi(node.Url, rig.Access.Authority, rig.Access.Token);
        using var stranger = new NodeApi(node.Url, rig.Access.Authority, $"mill_{canary}");
        NodeReply[] refusals =
        [
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["valeu"] = canary }.ToJsonString()),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { [canary] = "value" }.ToJsonString()),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["value"] = new JsonArray(canary) }.ToJsonString()),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", $"{{\"value\":\"{canary}"),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["value"] = canary + new string('x', 300_000) }.ToJsonString()),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/text", new JsonObject { ["value"] = canary }.ToJsonString(), ("If-None-Match", "*")),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/binary", new JsonObject { ["value"] = canary }.ToJsonString(), ("Idempotency-Key", "once-1")),
            await api.SendAsync(HttpMethod.Post, "/v1/env/encrypt", new JsonObject { ["content"] = $"A=enc(no name!, {canary})\n" }.ToJsonString()),
            await api.SendAsync(HttpMethod.Post, "/v1/transactions", new JsonObject { ["operations"] = new JsonArray(new JsonObject { ["op"] = "set", ["name"] = "text", ["value"] = canary, ["if_version"] = 999 }) }.ToJsonString()),
            await stranger.SendAsync(HttpMethod.Get, "/v1/secrets/text"),
        ];
        foreach (var refusal in refusals)
        {
            Assert.InRange(refusal.Status, 400, 499);
            Hiding.RequireNotInText(refusal.Reply.Text, All, $"the answer {refusal.Code}");
        }
    }

    /// <summary>The command line, looked at while it has the value and waits for more.</summary>
    private async Task PlantOverStandardInputAsync(ClusterRig rig, RigNode node)
    {
        var environment = new Dictionary<string, string> { ["MILL_ADDRESS"] = $"{node.Url}", ["MILL_CACERT"] = Path.Combine(node.Directory, "ca.crt"), ["MILL_TOKEN"] = rig.Access.Token };
        await using var command = node.Start(["secret", "set", "piped", "-"], environment);
        await command.WriteInputAsync(NewCanary().Text, close: false);
        Hiding.RequireNotInProcess(command.Id, All, given: _token);
        await command.WriteInputAsync("", close: true);
        Assert.True(await command.ExitAsync() == 0, command.Errors);
        Hiding.RequireNotInText(command.Output + command.Errors, All, "what the command says");
    }

    /// <summary>A file of plaintext becomes one of references, and none is left over from the way there.</summary>
    private async Task EncryptAsync(ClusterRig rig, RigNode node)
    {
        var file = Path.Combine(rig.Root, "shop.env");
        await File.WriteAllTextAsync(file, $"SHOP_PASSWORD={NewCanary().Text}\nLEVEL=info\n");
        var said = (await node.RunAsync(rig.Access, "env", "encrypt", file, "--in-place", "--key", "SHOP_PASSWORD")).Is(0);
        Hiding.RequireNotInText(said.Output + said.Errors, All, "what the command says");
        Assert.Equal("SHOP_PASSWORD=secret(SHOP_PASSWORD)\nLEVEL=info\n", await File.ReadAllTextAsync(file));
    }

    private static async Task BackUpAsync(ClusterRig rig, RigNode node) => (await node.RunAsync(rig.Access, "backup", Path.Combine(rig.Root, "taken.backup"))).Is(0);

    private static async Task<RigNode> ChangeLeaderAsync(ClusterRig rig)
    {
        var leader = await rig.LeaderAsync();
        var heir = rig.Nodes.First(node => node != leader);
        (await heir.RunAsync(rig.Access, "leader", "transfer", heir.Name)).Is(0);
        Assert.Equal(heir, await rig.LeaderAsync());
        return heir;
    }

    private void RequireHiddenInProcesses(ClusterRig rig)
    {
        foreach (var node in rig.Nodes)
        {
            Hiding.RequireNotInProcess(node.Process.Id, All, given: _joinTokens.GetValueOrDefault(node));
            Hiding.RequireNotInProcess(node.EngineId()!.Value, All);
        }
    }

    /// <summary>The first node says what the operator is to keep, and how the next one gets in: on its output, once, and nowhere else.</summary>
    private void RequireHiddenInLogs(ClusterRig rig)
    {
        foreach (var node in rig.Nodes)
        {
            Assert.Contains(" dbug: ", node.Process.Errors, StringComparison.Ordinal);
            Hiding.RequireNotInText(node.Process.Errors, All, $"the log of {node}");
            Hiding.RequireNotInText(node.Process.Output, [.. All.Where(canary => canary != _token)], $"the output of {node}");
        }
    }

    private void RequireHiddenInFiles(ClusterRig rig)
    {
        foreach (var node in rig.Nodes)
        {
            Assert.NotEmpty(Directory.EnumerateFiles(node.Directory, "*.wal", SearchOption.AllDirectories));
            Assert.True(new FileInfo(Path.Combine(node.Directory, "etcd.log")).Length > 0);
        }
        // All that was written anywhere, but for what is kept on purpose: the token, with the profile too, and the keys.
        Assert.True(Hiding.RequireNotInFiles(rig.Root, [.. _values, .. _joinTokens.Values]) > 30);
        Hiding.RequireNotInFiles(rig.Root, _key, path => Path.GetExtension(path) is not ".key" || Path.GetFileName(path) is "node.key");
        Hiding.RequireNotInFiles(rig.Root, [_token], path => Path.GetFileName(path) is not ("operator.token" or "profile.json"));
    }

    private static async Task<NodeReply> DoneAsync(NodeApi api, HttpMethod method, string path, JsonObject? body, params (string Name, string Value)[] headers)
    {
        var reply = await api.SendAsync(method, path, body?.ToJsonString(), headers);
        Assert.True(reply.Reply.IsSuccess, $"{method} {path}: {reply}");
        return reply;
    }
}
