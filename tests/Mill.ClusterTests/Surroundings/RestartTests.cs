using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>What was removed stays removed, and is no obstacle to the next start.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task A_revoked_token_is_gone_after_a_restart_and_nothing_else_is()
    {
        string token;
        await using (var server = await MillServer.StartAsync(_sandbox))
        {
            await server.Api.SetAsync("NAME", "value");
            var made = await server.Api.SendAsync(HttpMethod.Post, "/v1/tokens", new JsonObject { ["subject"] = "ci", ["role"] = "reader" });
            token = made.Body!["token"]!.GetValue<string>();
            Assert.Equal(204, (await server.Api.SendAsync(HttpMethod.Delete, $"/v1/tokens/{made.Body["id"]}", null)).Status);
            await RequireWholeAsync(server.Api);
            Assert.Equal(0, await server.StopAsync());
        }
        await using var again = await MillServer.StartAsync(_sandbox);
        await RequireWholeAsync(again.Api);
        using var revoked = new MillApi(again.Address, token);
        Assert.Equal(401, (await revoked.GetAsync("/v1/secrets/NAME")).Status);
    }

    [Fact]
    public async Task A_token_file_that_is_lost_is_made_anew_and_the_old_token_no_longer_works()
    {
        string? old;
        await using (var server = await MillServer.StartAsync(_sandbox))
        {
            await server.Api.SetAsync("NAME", "value");
            old = _sandbox.Token;
            Assert.Equal(0, await server.StopAsync());
        }
        for (var start = 0; start < 2; start++)
        {
            File.Delete(_sandbox.TokenFile);
            await using var again = await MillServer.StartAsync(_sandbox);
            await RequireWholeAsync(again.Api);
            using var former = new MillApi(again.Address, old);
            Assert.Equal(401, (await former.GetAsync("/v1/secrets/NAME")).Status);
        }
    }

    private static async Task RequireWholeAsync(MillApi api)
    {
        Assert.Equal("value"u8.ToArray(), (await api.GetAsync("/v1/secrets/NAME")).Value());
        var report = await api.VerifyAsync();
        Assert.True(report.Body!["sound"]!.GetValue<bool>(), $"{report}");
    }
}
