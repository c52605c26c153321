using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Canaries;

/// <summary>Secrets are planted through every door; then no file, log, argument, environment or refusal may hold one, in any form.</summary>
public sealed class CanaryTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly List<Canary> _canaries = [];

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void The_search_finds_what_is_there()
    {
        var canary = NewCanary();
        var bytes = Encoding.UTF8.GetBytes(canary.Text);
        Assert.True(canary.IsIn([1, .. bytes, 2]));
        Assert.True(canary.IsIn([1, .. Encoding.Unicode.GetBytes(canary.Text)]));
        Assert.True(canary.IsIn(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes))));
        for (var before = 0; before < 5; before++) Assert.True(canary.IsIn(Encoding.ASCII.GetBytes(Convert.ToBase64String([.. new byte[before], .. bytes, 7, 7]))));
        Assert.False(canary.IsIn(Encoding.UTF8.GetBytes(NewCanary().Text)));
    }

    [Fact]
    public async Task No_secret_is_found_outside_the_answers_that_carry_it()
    {
        await using (var server = await MillServer.StartAsync(_sandbox, null, null, "--log-level", "trace"))
        {
            await PlantOverHttpAsync(server.Api);
            await PlantOverStandardInputAsync(server);
            await RefusalsAsync(server.Api);
            Hiding.RequireNotInProcess(server.Process.Id, _canaries);
            // The lock is held: it is looked at afterwards.
            Assert.True(Hiding.RequireNotInFiles(_sandbox, _canaries, path => path != _sandbox.DataFile("lock")) >= 6);
            Assert.Equal(0, await server.StopAsync());
            Hiding.RequireNotInText(server.Process.Output, _canaries, "the output");
            Hiding.RequireNotInText(server.Process.Errors, _canaries, "the log");
        }
        Hiding.RequireNotInFiles(_sandbox, _canaries);
    }

    [Fact]
    public async Task A_killed_server_leaves_no_secret_behind_and_no_key_beside_the_data()
    {
        await using var server = await MillServer.StartAsync(_sandbox, null, null, "--log-level", "trace");
        await PlantOverHttpAsync(server.Api);
        await server.Process.KillAsync();
        Hiding.RequireNotInFiles(_sandbox, _canaries);
        var token = new Canary(_sandbox.Token!.Split('_')[2]);
        var key = new Canary((await File.ReadAllTextAsync(_sandbox.KeyFile)).Trim());
        Hiding.RequireNotInText(server.Process.Errors, [token, key], "the log");
        Hiding.RequireNotInFiles(_sandbox, [token], path => Path.GetFileName(path).StartsWith("mill.db", StringComparison.Ordinal));
        Hiding.RequireNotInFiles(_sandbox, [key], path => path != _sandbox.KeyFile);
    }

    private Canary NewCanary()
    {
        var canary = new Canary($"canary-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20))}");
        _canaries.Add(canary);
        return canary;
    }

    private async Task PlantOverHttpAsync(MillApi api)
    {
        Assert.Equal(201, (await api.SetAsync("text", NewCanary().Text)).Status);
        Assert.Equal(200, (await api.SetAsync("text", NewCanary().Text)).Status);
        var binary = new JsonObject { ["value_base64"] = Convert.ToBase64String([0, .. Encoding.UTF8.GetBytes(NewCanary().Text)]) };
        Assert.Equal(201, (await api.SendAsync(HttpMethod.Put, "/v1/secrets/binary", binary, ("Idempotency-Key", "once"))).Status);
        var transaction = new JsonObject { ["operations"] = new JsonArray(new JsonObject { ["op"] = "set", ["name"] = "one", ["value"] = NewCanary().Text }, new JsonObject { ["op"] = "set", ["name"] = "two", ["value"] = NewCanary().Text }) };
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Post, "/v1/transactions", transaction, ("Idempotency-Key", "twice"))).Status);
        Assert.Equal(204, (await api.SendAsync(HttpMethod.Delete, "/v1/secrets/one", null)).Status);
        Assert.Equal(200, (await api.GetAsync("/v1/secrets/text")).Status);
    }

    /// <summary>The command line, looked at while it has the value and waits for more.</summary>
    private async Task PlantOverStandardInputAsync(MillServer server)
    {
        var environment = new Dictionary<string, string> { ["MILL_ADDRESS"] = server.Address, ["MILL_TOKEN"] = _sandbox.Token! };
        await using var command = MillProcess.Start(_sandbox, ["secret", "set", "piped", "-"], environment);
        var canary = NewCanary();
        await command.WriteInputAsync(canary.Text, close: false);
        Hiding.RequireNotInProcess(command.Id, _canaries);
        await command.WriteInputAsync("", close: true);
        Assert.True(await command.ExitAsync() == 0, command.Errors);
        Hiding.RequireNotInText(command.Output + command.Errors, _canaries, "what the command says");
        Assert.Equal(Encoding.UTF8.GetBytes(canary.Text), (await server.Api.GetAsync("/v1/secrets/piped")).Value());
    }

    /// <summary>What is wrong with a request is said without repeating it.</summary>
    private async Task RefusalsAsync(MillApi api)
    {
        var canary = NewCanary().Text;
        Reply[] refusals =
        [
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["valeu"] = canary }),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { [canary] = "value" }),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["value"] = new JsonArray(canary) }),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["value_base64"] = canary }),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/name", new JsonObject { ["value"] = canary + new string('x', 300_000) }),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/text", new JsonObject { ["value"] = canary }, ("If-None-Match", "*")),
            await api.SendAsync(HttpMethod.Put, "/v1/secrets/binary", new JsonObject { ["value"] = canary }, ("Idempotency-Key", "once")),
        ];
        foreach (var refusal in refusals)
        {
            Assert.InRange(refusal.Status, 400, 499);
            Hiding.RequireNotInText(refusal.Text, _canaries, $"the answer {refusal.Code}");
        }
    }
}
