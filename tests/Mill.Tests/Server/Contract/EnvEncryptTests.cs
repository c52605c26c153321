using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary><c>POST /v1/env/encrypt</c>: all of a file is stored, or nothing of it.</summary>
public sealed class EnvEncryptTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await Operator.PutAsync("app/user", "web");
        await Operator.PutAsync("old", "first");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task What_is_asked_for_becomes_a_reference_and_everything_else_stays_byte_for_byte()
    {
        const string File = "\ufeff# enc(x)\r\nURL = \"pg://secret(app/user):enc(PASS)@h\"   # one\r\nexport PASS='p\"w #1' # was typed\r\n  odd line\r\nNOTE=\"a\\nb \\enc(x)\"\r\nINLINE=enc(app/inline,  f(x) = (y))\r\nGIVEN=`enc(given/one)`";
        const string Stored = "\ufeff# enc(x)\r\nURL = \"pg://secret(app/user):secret(PASS)@h\"   # one\r\nexport PASS=secret(PASS) # was typed\r\n  odd line\r\nNOTE=\"a\\nb \\enc(x)\"\r\nINLINE=secret(app/inline)\r\nGIVEN=`secret(given/one)`";
        var answer = (await Encrypt(new { content = File, values = new Dictionary<string, string> { ["given/one"] = "three\nlines\n" } })).Is(200);

        Assert.Equal("content secrets", answer.Members);
        Assert.Equal(Stored, Content(answer));
        Assert.Equal(["PASS 1 True True", "app/inline 1 True True", "given/one 1 True True"], Secrets(answer));
        Assert.Equal(["p\"w #1", "f(x) = (y)", "three\nlines\n"], new[] { await Value("PASS"), await Value("app/inline"), await Value("given/one") });
        Assert.Equal($"{_server.Now().Revision}", answer.Header("Mill-Revision"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        var since = new List<string?>();
        foreach (var name in new[] { "PASS", "app/inline", "given/one" }) since.Add((await Operator.GetAsync($"/v1/secrets/{name}")).Json.GetProperty("valid_from").GetString());
        Assert.Single(since.Distinct());
        var expanded = (await Operator.SendAsync("POST", "/v1/env/expand", new { content = Stored.Replace("`", "", StringComparison.Ordinal), format = "json" })).Is(200);
        Assert.Equal("pg://web:p\"w #1@h", System.Text.Json.JsonDocument.Parse(Content(expanded)).RootElement.GetProperty("URL").GetString());
    }

    [Fact]
    public async Task The_value_given_with_the_file_goes_before_its_own_and_no_other_stays_behind()
    {
        var answer = (await Encrypt(new { content = "A=enc(K, inline)\nK=literal\n", values = new { K = "given" } })).Is(200);
        Assert.Equal("A=secret(K)\nK=secret(K)\n", Content(answer));
        Assert.Equal("given", await Value("K"));
        answer = (await Encrypt(new { content = "A=enc(L, inline)\nL=literal\nB=enc(L)\n" })).Is(200);
        Assert.Equal("A=secret(L)\nL=secret(L)\nB=secret(L)\n", Content(answer));
        Assert.Equal("literal", await Value("L"));
        Assert.Equal("A=secret(M)\nB=secret(M)\n", Content((await Encrypt(new { content = "A=enc(M)\nB=enc(M, inline)\n" })).Is(200)));
        Assert.Equal("inline", await Value("M"));
    }

    [Theory]
    [InlineData("N=\"two\\nlines\"\nX=enc(N)", "two\nlines")]
    [InlineData("N=`it's \"it\"`\nX=enc(N)", "it's \"it\"")]
    [InlineData("N='\\secret(x) \\n'\nX=enc(N)", "secret(x) \\n")]
    [InlineData("N=\nX=enc(N)", "")]
    [InlineData("N=plain # note\nX=enc(N)", "plain")]
    [InlineData("N=\"over\r\nlines\"\r\nX=enc(N)", "over\nlines")]
    [InlineData("X='enc(N, it has \"quotes\")'", "it has \"quotes\"")]
    [InlineData("X=\"enc(N, a\\nb)\"", "a\nb")]
    public async Task A_value_is_stored_as_its_reader_would_have_it(string content, string stored)
    {
        var answer = (await Encrypt(new { content })).Is(200);
        Assert.Equal(stored, await Value("N"));
        Assert.DoesNotContain(stored.Length > 0 ? stored : "enc(", Content(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_listed_by_place_and_nothing_is_stored()
    {
        const string File = "A=enc(fine, x)\nB=enc(none)\nC=secret(no/such) secret(app/user@7)\nD=enc(a b, y)\nE=enc(open, z\nF=1\nF=2\nG=enc(F)\nH=pass#word\nI=enc(H)\n";
        var before = _server.Now().Revision;
        var answer = (await Encrypt(new { content = File, values = new { unused = "canary" } })).IsProblem(422, "invalid_env");

        Assert.Equal(
            [" invalid_request unused", "2:3 unresolved_references none", "3:3 unresolved_references no/such", "3:19 unresolved_references app/user", "4:3 invalid_env ", "5:3 invalid_env ", "7:3 invalid_env F", "9:3 invalid_env H"],
            answer.Json.GetProperty("errors").EnumerateArray().Select(Problem));
        Assert.DoesNotContain("canary", answer.Text, StringComparison.Ordinal);
        Assert.Equal(before, _server.Now().Revision);
        (await Operator.GetAsync("/v1/secrets/fine")).IsProblem(404, "not_found");
    }

    [Fact]
    public async Task What_the_file_itself_stores_counts_as_there()
    {
        Assert.Equal("A=secret(new)\nB=secret(new)\nC=secret(new@1)\n", Content((await Encrypt(new { content = "A=enc(new, x)\nB=secret(new)\nC=secret(new@1)\n" })).Is(200)));
        (await Encrypt(new { content = "A=enc(new, y)\nC=secret(new@3)\n" })).IsProblem(422, "unresolved_references");
        (await Encrypt(new { content = "A=enc(new, y)\nC=secret(new@2)\nD=secret(new@1)\n" })).Is(200);
    }

    [Fact]
    public async Task The_same_value_keeps_its_version_and_another_makes_the_next()
    {
        Assert.Equal(["old 1 False False"], Secrets((await Encrypt(new { content = "A=enc(old, first)" })).Is(200)));
        var revision = _server.Now().Revision;
        Assert.Equal(["old 1 False False"], Secrets((await Encrypt(new { content = "A=enc(old, first)" })).Is(200)));
        Assert.Equal(revision, _server.Now().Revision);
        Assert.Equal(["old 2 False True"], Secrets((await Encrypt(new { content = "A=enc(old, second)" })).Is(200)));
        (await Operator.DeleteAsync("old")).Is(204);
        Assert.Equal(["old 3 True True"], Secrets((await Encrypt(new { content = "A=enc(old, second)" })).Is(200)));
    }

    [Fact]
    public async Task A_secret_that_exists_stands_in_the_way_where_that_is_asked()
    {
        var answer = (await Encrypt(new { content = "A=enc(new, x)\nB=enc(old, first)", on_existing = "fail" })).IsProblem(422, "invalid_env");
        Assert.Equal(["2:3 already_exists old"], answer.Json.GetProperty("errors").EnumerateArray().Select(Problem));
        (await Operator.GetAsync("/v1/secrets/new")).IsProblem(404, "not_found");
        (await Encrypt(new { content = "A=enc(new, x)", on_existing = "fail" })).Is(200);
        (await Encrypt(new { content = "A=enc(new, x)", on_existing = "maybe" })).IsProblem(400, "invalid_request");
    }

    [Fact]
    public async Task A_dry_run_answers_the_same_and_stores_nothing()
    {
        var request = new { content = "A=enc(new, x)\nB=enc(old, second)\nC=enc(old2, y)", dry_run = true };
        var (reader, writer) = (await _server.MakeAsync("reader"), await _server.MakeAsync("writer"));
        var revision = _server.Now().Revision;
        Assert.Equal(["new 1 True True", "old 2 False True", "old2 1 True True"], Secrets((await writer.SendAsync("POST", "/v1/env/encrypt", request)).Is(200)));
        Assert.Equal(revision, _server.Now().Revision);
        (await reader.SendAsync("POST", "/v1/env/encrypt", request)).IsProblem(403, "forbidden");
        (await reader.SendAsync("POST", "/v1/env/encrypt", new { content = "A=secret(old)", dry_run = true })).Is(200);
        (await reader.SendAsync("POST", "/v1/env/encrypt", new { request.content })).IsProblem(403, "forbidden");
        var deployer = await _server.MakeAsync("deployer");
        (await deployer.SendAsync("POST", "/v1/env/encrypt", request)).IsProblem(403, "forbidden");
        (await reader.SendAsync("POST", "/v1/env/encrypt", new { content = "A=secret(none)", dry_run = true })).IsProblem(422, "unresolved_references");
    }

    [Fact]
    public async Task A_retry_with_the_same_key_stores_once_and_is_answered_alike()
    {
        var (key, body) = (("Idempotency-Key", "k-1"), new { content = "A=enc(new, x)", on_existing = "fail" });
        var first = (await Operator.SendAsync("POST", "/v1/env/encrypt", body, key)).Is(200);
        var second = (await Operator.SendAsync("POST", "/v1/env/encrypt", body, key)).Is(200);
        Assert.Equal((first.Text, "true"), (second.Text, second.Header("Mill-Replayed")));
        (await Operator.SendAsync("POST", "/v1/env/encrypt", new { content = "A=enc(new, y)", on_existing = "fail" }, key)).IsProblem(409, "idempotency_mismatch");
        (await Operator.SendAsync("POST", "/v1/env/encrypt", new { body.content, on_existing = "update" }, key)).IsProblem(409, "idempotency_mismatch");
    }

    [Fact]
    public async Task Names_outside_a_callers_patterns_are_said_alike_whether_they_exist_or_not()
    {
        await Operator.PutAsync("hidden/there", "x");
        var writer = await _server.MakeAsync("writer", allow: ["app/*"]);
        foreach (var name in new[] { "hidden/there", "hidden/none" })
        {
            foreach (var content in new[] { $"A=enc({name}, x)", $"A=secret({name})" })
            {
                var answer = (await writer.SendAsync("POST", "/v1/env/encrypt", new { content, on_existing = "fail" })).IsProblem(422, "unresolved_references");
                Assert.Equal($"Secret \"{name}\" was not found.", Assert.Single(answer.Json.GetProperty("errors").EnumerateArray()).GetProperty("detail").GetString());
            }
        }
        (await writer.SendAsync("POST", "/v1/env/encrypt", new { content = "A=enc(app/new, x)" })).Is(200);
        var other = await _server.MakeAsync("writer", tenant: "other");
        Assert.Equal(["old 1 True True"], Secrets((await other.SendAsync("POST", "/v1/env/encrypt", new { content = "A=enc(old, theirs)" })).Is(200)));
        Assert.Equal("first", await Value("old"));
    }

    [Theory]
    [InlineData("""{"content":1}""")]
    [InlineData("""{"values":{}}""")]
    [InlineData("""{"content":"","values":{"a":1}}""")]
    [InlineData("""{"content":"","values":{"a":null}}""")]
    [InlineData("""{"content":"A=enc(a)","values":{"a":"x","a":"y"}}""")]
    [InlineData("""{"content":"","values":[]}""")]
    [InlineData("""{"content":"","dry_run":"yes"}""")]
    [InlineData("""{"content":"","more":1}""")]
    public async Task A_body_that_is_none_is_refused(string body)
    {
        Assert.Equal(400, (await Operator.SendAsync("POST", "/v1/env/encrypt", body)).Status);
    }

    [Fact]
    public async Task A_file_may_store_256_secrets_and_no_value_may_be_too_large()
    {
        static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"K{i}=enc(many/{i}, v{i})\n"));
        Assert.Equal(256, Secrets((await Encrypt(new { content = Lines(256) })).Is(200)).Count);
        (await Encrypt(new { content = Lines(257) })).IsProblem(413, "too_large");
        var answer = (await Encrypt(new { content = $"BIG={new string('x', (256 * 1024) + 1)}\nA=enc(BIG)" })).IsProblem(422, "invalid_env");
        Assert.Equal("too_large", Assert.Single(answer.Json.GetProperty("errors").EnumerateArray()).GetProperty("code").GetString());
        (await Encrypt(new { content = $"BIG={new string('x', 256 * 1024)}\nA=enc(BIG)" })).Is(200);
    }

    [Fact]
    public async Task A_file_in_which_a_reference_would_be_read_otherwise_is_refused()
    {
        // The quote that Z leaves open would end at one that goes with the value of A, and so it is text; without that one it would end at the last.
        var answer = (await Encrypt(new { content = "Z='open\nA='x' y\nB=enc(A)\nC=z'" })).IsProblem(422, "invalid_env");
        Assert.Contains("a quote is open", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_line_with_very_many_problems_is_answered_with_the_first_of_them()
    {
        var answer = (await Encrypt(new { content = "X=" + string.Concat(Enumerable.Repeat("enc(A,0)enc(A,1)", 37_500)) })).IsProblem(422, "invalid_env");
        Assert.Equal(1000, answer.Json.GetProperty("errors").GetArrayLength());
        Assert.Contains("the first 1000 are listed", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_files_are_stored_so_that_they_expand_to_what_they_said()
    {
        string[] bricks = ["A", "B1", "=", "=", "\n", "\n", "\r\n", "'", "\"", "`", " ", "#", "\\", "enc(", "enc(A)", "enc(q, v)", "secret(app/user)", "secret(", ")", ",", "x", "é", "export ", ":", "\\n", "\\enc("];
        var (random, stored) = (new Random(11), 0);
        for (var i = 0; i < 1500; i++)
        {
            var content = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => bricks[random.Next(bricks.Length)]));
            var answer = await Encrypt(new { content });
            Assert.True(answer.Status is 200 or 422, $"{content}: {answer}");
            if (answer.Status != 200) continue;
            stored++;
            var again = (await Encrypt(new { content = Content(answer) })).Is(200);
            Assert.Equal(Content(answer), Content(again));
            Assert.Empty(Secrets(again));
            Assert.True((await Operator.SendAsync("POST", "/v1/env/expand", new { content = Content(answer), format = "json" })).Status == 200, content);
        }
        Assert.True(stored > 100, $"{stored}");
    }

    private Task<Answer> Encrypt(object body) => Operator.SendAsync("POST", "/v1/env/encrypt", body);

    private async Task<string> Value(string name) => (await Operator.GetAsync($"/v1/secrets/{name}")).Json.GetProperty("value").GetString()!;

    private static string Content(Answer answer) => answer.Json.GetProperty("content").GetString()!;

    private static List<string> Secrets(Answer answer) =>
    [
        .. answer.Is(200).Json.GetProperty("secrets").EnumerateArray()
            .Select(secret => $"{secret.GetProperty("name")} {secret.GetProperty("version")} {secret.GetProperty("created").GetBoolean()} {secret.GetProperty("changed").GetBoolean()}"),
    ];

    private static string Problem(System.Text.Json.JsonElement error) =>
        $"{(error.TryGetProperty("line", out var line) ? $"{line}:{error.GetProperty("column")}" : "")} {error.GetProperty("code")} {(error.TryGetProperty("name", out var name) ? name : "")}";
}
