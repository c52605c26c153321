using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

public sealed class TokenTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_token_is_shown_once_and_never_again()
    {
        var made = (await Operator.SendAsync("POST", "/v1/tokens", new { subject = "ci", role = "writer", tenant = "t1", allow = new[] { "app.*" }, deny = new[] { "app.db*" }, expires_in = "2h" })).Is(201);
        Assert.Equal("id token subject tenant role allow deny created_at created_by expires_at", made.Members);
        var token = made.Json.GetProperty("token").GetString()!;
        Assert.Matches("^mill_[0-9A-Za-z]+_[0-9A-Za-z]{43}$", token);
        Assert.Equal(token.Split('_')[1], made.Json.GetProperty("id").GetString());
        Assert.Equal(("ci", "t1", "writer", "dev"), (Text(made, "subject"), Text(made, "tenant"), Text(made, "role"), Text(made, "created_by")));
        Assert.Equal(TimeSpan.FromHours(2), made.Json.GetProperty("expires_at").GetDateTimeOffset() - made.Json.GetProperty("created_at").GetDateTimeOffset());

        var list = (await Operator.In("t1").GetAsync("/v1/tokens")).Is(200);
        Assert.DoesNotContain(token, list.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(token[^43..], list.Text, StringComparison.Ordinal);
        Assert.Equal("id subject tenant role allow deny created_at created_by expires_at", string.Join(' ', list.Json.GetProperty("tokens")[0].EnumerateObject().Select(member => member.Name)));
        Assert.DoesNotContain("\"ci\"", (await Operator.GetAsync("/v1/tokens")).Text, StringComparison.Ordinal);

        static string? Text(Answer answer, string member) => answer.Json.GetProperty(member).GetString();
    }

    [Fact]
    public async Task A_revoked_token_is_unknown_from_the_next_request_on()
    {
        var reader = await _server.MakeAsync("reader");
        (await reader.GetAsync("/v1/secrets")).Is(200);
        (await Operator.SendAsync("DELETE", $"/v1/tokens/{reader.TokenId}")).Is(204);
        (await reader.GetAsync("/v1/secrets")).IsProblem(401, "unauthenticated");
        (await Operator.SendAsync("DELETE", $"/v1/tokens/{reader.TokenId}")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task A_token_works_until_it_expires()
    {
        var reader = await _server.MakeAsync("reader", expiresIn: "1h");
        _server.Time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        (await reader.GetAsync("/v1/secrets")).Is(200);
        _server.Time.Advance(TimeSpan.FromSeconds(2));
        (await reader.GetAsync("/v1/secrets")).IsProblem(401, "unauthenticated");
        Assert.Contains(reader.TokenId, (await Operator.GetAsync("/v1/tokens")).Text, StringComparison.Ordinal);
        _server.Time.Advance(TimeSpan.FromDays(8));
        await _server.UntilAsync(state => !state.Tokens.ContainsKey(reader.TokenId));
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_token_the_answer_is_the_same()
    {
        var reader = await _server.MakeAsync("reader");
        var revoked = await _server.MakeAsync("reader");
        await Operator.SendAsync("DELETE", $"/v1/tokens/{revoked.TokenId}");
        var last = reader.Token[^1] == 'a' ? 'b' : 'a';
        string?[] wrong = [null, "", "x", revoked.Token, reader.Token[..^1] + last, reader.Token[..^1], reader.Token + "a", reader.Token.ToUpperInvariant(), $"mill_{new string('0', 12)}_{new string('0', 43)}", new('x', 4000)];
        var answers = new List<string>();
        foreach (var token in wrong)
        {
            var answer = (await _server.As(token).GetAsync("/v1/secrets/a", ("Mill-Request-Id", "r"))).IsProblem(401, "unauthenticated");
            if (token is { Length: > 2 }) Assert.DoesNotContain(token, answer.Text, StringComparison.Ordinal);
            answers.Add(answer.Text);
        }
        Assert.Single(answers.Distinct());
    }

    [Theory]
    [InlineData("bearer", true)]
    [InlineData("BEARER", true)]
    [InlineData("Basic", false)]
    [InlineData("Token", false)]
    public async Task The_scheme_is_bearer_in_any_case(string scheme, bool works)
    {
        var answer = await _server.As(null).GetAsync("/v1/secrets", ("Authorization", $"{scheme} {_server.OperatorToken}"));
        Assert.Equal(works ? 200 : 401, answer.Status);
    }

    [Fact]
    public async Task Everything_wrong_with_a_request_for_a_token_is_said_at_once()
    {
        var failed = (await Operator.SendAsync("POST", "/v1/tokens", new { subject = " x", role = "root", allow = new[] { "a b" }, deny = new[] { "" } })).IsProblem(400, "invalid_request");
        Assert.Equal(["/subject", "/role", "/allow", "/deny"], failed.Json.GetProperty("errors").EnumerateArray().Select(item => item.GetProperty("pointer").GetString()));
    }

    [Theory]
    [InlineData("""{"role":"reader"}""")]
    [InlineData("""{"subject":"s"}""")]
    [InlineData("""{"subject":null,"role":"reader"}""")]
    [InlineData("""{"subject":"\ud800","role":"reader"}""")]
    [InlineData("""{"subject":"a\u0007b","role":"reader"}""")]
    [InlineData("""{"subject":"a\u202eb","role":"reader"}""")]
    [InlineData("""{"subject":"s","role":"Reader"}""")]
    [InlineData("""{"subject":"s","role":0}""")]
    [InlineData("""{"subject":"s","role":"reader","allow":"*"}""")]
    [InlineData("""{"subject":"s","role":"reader","allow":[null]}""")]
    [InlineData("""{"subject":"s","role":"operator","allow":["*"]}""")]
    [InlineData("""{"subject":"s","role":"reader","tenant":"UPPER"}""")]
    [InlineData("""{"subject":"s","role":"reader","tenant":""}""")]
    [InlineData("""{"subject":"s","role":"reader","expires_in":"1y"}""")]
    [InlineData("""{"subject":"s","role":"reader","expires_in":"-1d"}""")]
    [InlineData("""{"subject":"s","role":"reader","token":"mill_x"}""")]
    public async Task What_is_no_request_for_a_token_makes_none(string body)
    {
        (await Operator.SendAsync("POST", "/v1/tokens", body)).IsProblem(400, "invalid_request");
        Assert.Single(_server.Now().Tokens);
    }

    [Fact]
    public async Task An_id_that_is_none_is_an_invalid_request()
    {
        foreach (var id in new[] { "a%2Fb", "%20", "a.b", new string('a', 33), "ü" }) (await Operator.SendAsync("DELETE", $"/v1/tokens/{Uri.EscapeDataString(Uri.UnescapeDataString(id))}")).IsProblem(400, "invalid_request");
    }
}
