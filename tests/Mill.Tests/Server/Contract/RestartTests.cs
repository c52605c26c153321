using Mill.Core.Model;
using Mill.State.Embedded;
using Mill.Tests.Server.Fixture;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary>What was removed is not there after a restart either, and does not keep the server from starting.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_starts_again_after_tokens_versions_retentions_and_keys_were_removed()
    {
        var options = new TestServerOptions();
        string reader;
        await using (var store = EmbeddedStateStore.Open(_directory.Path))
        await using (var server = await TestServer.StartAsync(options with { Store = store }))
        {
            foreach (var value in new[] { "1", "2", "3" }) (await server.Operator.SetAsync("a", value, ("Idempotency-Key", value))).Is(value == "1" ? 201 : 200);
            var made = await server.MakeAsync("reader");
            (await server.Operator.SendAsync("DELETE", $"/v1/tokens/{made.TokenId}")).Is(204);
            await server.Operator.SendAsync("PUT", "/v1/retention", new { max_versions = 1 });
            server.Time.Advance(TimeSpan.FromHours(25));
            await server.UntilAsync(state => state.Idempotency.IsEmpty && state.Secrets(TenantId.Default).VersionCount == 1);
            await server.Operator.SendAsync("PUT", "/v1/retention", "{}");
            (options, reader) = (options with { Operator = server.OperatorToken }, made.Token);
        }
        await using var reopened = EmbeddedStateStore.Open(_directory.Path);
        await using var again = await TestServer.StartAsync(options with { Store = reopened });
        Assert.Equal("[]", (await again.Operator.SendAsync("POST", "/v1/verify")).Is(200).Json.GetProperty("problems").GetRawText());
        Assert.Equal("3", (await again.Operator.GetAsync("/v1/secrets/a")).Is(200).Json.GetProperty("value").GetString());
        Assert.Equal(1, (await again.Operator.GetAsync("/v1/secrets/a/history")).Is(200).Json.GetProperty("versions").GetArrayLength());
        Assert.Equal(4, (await again.Operator.PutAsync("a", "4")).Version);
        (await again.As(reader).GetAsync("/v1/secrets")).IsProblem(401, "unauthenticated");
        Assert.Empty(again.Now().Idempotency);
    }
}
