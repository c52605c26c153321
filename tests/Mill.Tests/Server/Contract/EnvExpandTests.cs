using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Contract;

/// <summary><c>POST /v1/env/expand</c>: all of a file, or nothing of it.</summary>
public sealed class EnvExpandTests : IAsyncLifetime
{
    private TestServer _server = null!;

    private Api Operator => _server.Operator;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await Operator.PutAsync("app/user", "web");
        await Operator.PutAsync("app/pass", "first");
        await Operator.PutAsync("app/pass", "it's #1");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task References_become_values_and_everything_else_stays_byte_for_byte()
    {
        const string File = "\ufeff# secret(app/user)\r\n\r\nexport  URL = \"pg://secret(app/user):secret(app/pass@1)@h\"   # one secret(x)\r\nPASS=secret(app/pass)\r\n  odd line\r\nsecret(a)=1\nTEXT='\\secret(app/user)'\nkeep=\"as\\nit is\"";
        const string Expanded = "\ufeff# secret(app/user)\r\n\r\nexport  URL = pg://web:first@h   # one secret(x)\r\nPASS=\"it's #1\"\r\n  odd line\r\nsecret(a)=1\nTEXT='secret(app/user)'\nkeep=\"as\\nit is\"";
        var answer = (await Expand(new { content = File })).Is(200);

        Assert.Equal("content references", answer.Members);
        Assert.Equal(Expanded, answer.Json.GetProperty("content").GetString());
        Assert.Equal(["app/user 1 3:21", "app/pass 1 3:38", "app/pass 2 4:6"], References(answer));
        Assert.Equal($"{_server.Now().Revision}", answer.Header("Mill-Revision"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_listed_by_place_and_nothing_is_expanded()
    {
        const string File = "A=secret(no/such) secret(app/user)\nB=enc(app/user)\nC=secret(a b) secret(app/pass@x) secret(app/pass@0)\nD=secret(app/pass@3)\nE='secret(app/user\n'\n";
        var answer = (await Expand(new { content = File })).IsProblem(422, "invalid_env");

        Assert.Equal(
            ["1:3 unresolved_references no/such", "2:3 invalid_env ", "3:3 invalid_env ", "3:15 invalid_env app/pass", "3:34 invalid_env app/pass", "4:3 unresolved_references app/pass", "5:4 invalid_env "],
            answer.Json.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("line")}:{error.GetProperty("column")} {error.GetProperty("code")} {(error.TryGetProperty("name", out var name) ? name : "")}"));
        Assert.DoesNotContain("web", answer.Text, StringComparison.Ordinal);
        Assert.Equal($"{answer.Json.GetProperty("errors")}", $"{(await Expand(new { content = File })).Json.GetProperty("errors")}");
    }

    [Fact]
    public async Task What_is_not_there_is_said_alike_whether_it_is_hidden_deleted_or_never_was()
    {
        await Operator.PutAsync("gone", "x");
        (await Operator.DeleteAsync("gone")).Is(204);
        var reader = await _server.MakeAsync("reader", allow: ["app/*"]);
        await Operator.PutAsync("hidden", "x");
        foreach (var (caller, name) in new[] { (Operator, "never"), (Operator, "gone"), (reader, "hidden"), (reader, "never") })
        {
            var answer = (await caller.SendAsync("POST", "/v1/env/expand", new { content = $"A=secret({name})" })).IsProblem(422, "unresolved_references");
            Assert.Equal($"Secret \"{name}\" was not found.", answer.Json.GetProperty("errors")[0].GetProperty("detail").GetString());
        }
    }

    [Fact]
    public async Task All_values_are_those_of_one_moment()
    {
        var since = (await Operator.GetAsync("/v1/secrets/app/pass?version=1")).Json.GetProperty("valid_from").GetString();
        Assert.Equal("A=first\n", Content(await Expand(new { content = "A=secret(app/pass)\n", at = since })));
        (await Expand(new { content = "A=secret(app/pass)\n", at = "2001-01-01T00:00:00Z" })).IsProblem(422, "unresolved_references");
        Assert.Equal("A=first\n", Content(await Expand(new { content = "A=secret(app/pass@1)\n", at = "2001-01-01T00:00:00Z" })));
    }

    [Theory]
    [InlineData("dotenv", "A=\"it's #1\" # x\nB=1")]
    [InlineData("shell", "A='it'\\''s #1'\nB=1")]
    [InlineData("docker", "A=it's #1\nB=1")]
    [InlineData("json", "{\n  \"A\": \"it\\u0027s #1\",\n  \"B\": \"1\"\n}\n")]
    public async Task A_format_says_who_reads_it(string format, string expanded) => Assert.Equal(expanded, Content(await Expand(new { content = "A=secret(app/pass) # x\nB=1", format })));

    [Fact]
    public async Task A_value_that_the_format_cannot_carry_is_named_and_never_changed()
    {
        await Operator.PutAsync("key", "-----BEGIN-----\n'\"`\n");
        (await Operator.SendAsync("PUT", "/v1/secrets/bytes", new { value_base64 = "/wA=" })).Is(201);
        foreach (var (name, format) in new[] { ("key", "docker"), ("key", "dotenv"), ("bytes", "dotenv"), ("bytes", "shell"), ("bytes", "docker"), ("bytes", "json") })
        {
            var answer = (await Expand(new { content = $"KEY=secret({name})", format })).IsProblem(422, "invalid_env");
            var error = Assert.Single(answer.Json.GetProperty("errors").EnumerateArray());
            Assert.Equal((name, 1), (error.GetProperty("name").GetString(), error.GetProperty("line").GetInt32()));
            Assert.DoesNotContain("BEGIN", answer.Text, StringComparison.Ordinal);
        }
        Assert.Equal("KEY='-----BEGIN-----\n'\\''\"`\n'", Content(await Expand(new { content = "KEY=secret(key)", format = "shell" })));
        (await Expand(new { content = "not.a-name=secret(key)", format = "shell" })).IsProblem(422, "invalid_env");
    }

    [Fact]
    public async Task A_value_is_opaque_and_what_it_holds_is_never_expanded()
    {
        await Operator.PutAsync("self", "secret(self) secret(app/pass) enc(x)");
        Assert.Equal("A='secret(self) secret(app/pass) enc(x)'", Content(await Expand(new { content = "A=secret(self)" })));
    }

    [Fact]
    public async Task What_a_request_must_be_is_said()
    {
        (await Expand(new { content = "A=1", format = "yaml" })).IsProblem(400, "invalid_request");
        (await Expand(new { format = "json" })).IsProblem(400, "invalid_request");
        (await Operator.SendAsync("POST", "/v1/env/expand?x=1", new { content = "A=1" })).IsProblem(400, "invalid_request");
        (await (await _server.MakeAsync("deployer")).SendAsync("POST", "/v1/env/expand", new { content = "A=1" })).IsProblem(403, "forbidden");
    }

    [Theory]
    [InlineData("dotenv", "")]
    [InlineData("shell", "")]
    [InlineData("docker", "")]
    [InlineData("json", "{}\n")]
    public async Task A_file_without_anything_is_a_file(string format, string expanded) => Assert.Equal(expanded, Content(await Expand(new { content = "", format })));

    /// <summary>A value that is run, or lost, because of a quote that somebody else left open.</summary>
    [Theory]
    [InlineData("shell", "N=it's\nP=secret(app/user)\nM=it's\n")]
    [InlineData("shell", "N='it\\'s'\nP=secret(app/user)\n")]
    [InlineData("shell", "D=C:\\dir\\\nP=secret(app/user)\n")]
    [InlineData("shell", "X=$(\nP=secret(app/user)\nY=)\n")]
    [InlineData("shell", "X=`id\nP=secret(app/user)\n")]
    [InlineData("shell", "X=\"$(\nP=secret(app/user)\n")]
    [InlineData("shell", "X=$'a\\'\nP=secret(app/user)\n")]
    [InlineData("shell", "cat <<E\nP=secret(app/user)\nE\n")]
    [InlineData("shell", "X=${Y\nP=secret(app/user)\n}\n")]
    [InlineData("shell", "X=\"${Y:-'}\"\nP=secret(app/user)\n")]
    [InlineData("shell", "X=a\\ #'\nP=secret(app/user)\n")]
    [InlineData("shell", "UID=secret(app/user)\n")]
    [InlineData("shell", "X=${1a}\nP=secret(app/user)\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=hello ${CMD}\nP=secret(app/pass)\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=hello $CMD\nP=secret(app/pass)\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=hello ${CMD}\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=hello $CMD")]
    [InlineData("shell", "CMD=secret(app/user)\rX=a\r\"$CMD\" x\r")]
    [InlineData("shell", "CMD=secret(app/user)\nexport X=\"a\" \"${CMD}\"\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=1;$CMD\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=a&$CMD\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=a|$CMD\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=a>$CMD\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=`$CMD`\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX=\"$($CMD)\"\n")]
    [InlineData("shell", "CMD=secret(app/user)\nX={a} ${CMD:-b}\n")]
    [InlineData("shell", "CMD=secret(app/user)\nPS4=$CMD\n")]
    [InlineData("docker", "P=secret(app/user)\nX='\nP=1\n'\n")]
    [InlineData("dotenv", "X='a\nP=secret(quotes)\n")]
    public async Task A_value_that_other_lines_would_make_something_else_of_is_refused(string format, string content)
    {
        await Operator.PutAsync("quotes", "b'\u2028c");
        (await Expand(new { content, format })).IsProblem(422, "invalid_env");
    }

    [Theory]
    [InlineData("\ufeff# it's\r\n  export A = secret(app/user)  # it's\r\nB='x y'\r\n", "# it's\nexport A=web\nB='x y'\n")]
    [InlineData("# c\rA=secret(app/user)\rB=\"a'b\"\rC=secret(app/user)", "# c\nA=web\nB=\"a'b\"\nC=web")]
    [InlineData("N=My\nX=${N}/x\nY=\"${X}\"\nZ=\"a ${X}'s\"\nA=secret(app/user)\n", "N=My\nX=${N}/x\nY=\"${X}\"\nZ=\"a ${X}'s\"\nA=web\n")]
    [InlineData("A=secret(app/user)\nexport B=$A/$A'$A b'\"$A b\"$A # $A\n  C=${A}\nD=secret(app/user)\nE='$D' # it's $D", "A=web\nexport B=$A/$A'$A b'\"$A b\"$A # $A\n  C=${A}\nD=web\nE='$D' # it's $D")]
    [InlineData("A=secret(app/user)\nJSON={a}\nB=${A:-c}\nC=$B/\"${A:-x y}\"\nD='b $A'\nE=$(date)", "A=web\nJSON={a}\nB=${A:-c}\nC=$B/\"${A:-x y}\"\nD='b $A'\nE=$(date)")]
    [InlineData("A=\"secret(app/user)\"\u2028B=secret(app/user)\n", "A=web\nB=web\n")]
    public async Task A_shell_gets_lines_as_it_knows_them(string content, string expanded) => Assert.Equal(expanded, Content(await Expand(new { content, format = "shell" })));

    /// <summary>What is open is said once, at the first value after it, and what stands before is not read again for each of the others.</summary>
    [Fact]
    public async Task A_quote_that_is_left_open_is_said_once_however_many_values_follow()
    {
        var content = string.Concat(Enumerable.Repeat("Z=\"x\"\n", 10_000)) + "N=it's\n" + string.Concat(Enumerable.Repeat("P=secret(app/user)\n", 10_000));
        var answer = (await Expand(new { content, format = "shell" })).IsProblem(422, "invalid_env");
        Assert.Equal(10_002, Assert.Single(answer.Json.GetProperty("errors").EnumerateArray()).GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task Of_very_many_problems_the_first_are_listed()
    {
        var answer = (await Expand(new { content = "A=" + string.Concat(Enumerable.Repeat("secret()", 60_000)) })).IsProblem(422, "invalid_env");
        Assert.Equal(1000, answer.Json.GetProperty("errors").GetArrayLength());
        Assert.Equal("Nothing was expanded: there are 60000 problems in the file; the first 1000 are listed.", answer.Json.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Destroyed_versions_are_not_there_and_deleted_ones_only_for_writers_by_number()
    {
        (await Operator.SendAsync("POST", "/v1/secrets/app/pass/destroy", new { versions = new[] { 1 } })).Is(204);
        (await Expand(new { content = "A=secret(app/pass@1)" })).IsProblem(422, "unresolved_references");
        (await Operator.DeleteAsync("app/user")).Is(204);
        Assert.Equal("A=web", Content(await Expand(new { content = "A=secret(app/user@1)" })));
        (await (await _server.MakeAsync("reader")).SendAsync("POST", "/v1/env/expand", new { content = "A=secret(app/user@1)" })).IsProblem(422, "unresolved_references");
    }

    [Fact]
    public async Task Of_several_lines_for_one_variable_JSON_has_the_last() =>
        Assert.Equal("{\n  \"A\": \"web\",\n  \"B\": \"2\"\n}\n", Content(await Expand(new { content = "A=1\nB=2\nA=secret(app/user)", format = "json" })));

    /// <summary>Four hundred bytes would become a hundred MiB.</summary>
    [Fact]
    public async Task A_short_file_does_not_become_a_huge_one()
    {
        await Operator.PutAsync("b", new string('x', 250 * 1024));
        (await Expand(new { content = "A=" + string.Concat(Enumerable.Repeat("secret(b)", 40)) })).IsProblem(413, "too_large");
    }

    private Task<Answer> Expand(object request) => Operator.SendAsync("POST", "/v1/env/expand", request);

    private static string? Content(Answer answer) => answer.Is(200).Json.GetProperty("content").GetString();

    private static IEnumerable<string> References(Answer answer) =>
        answer.Json.GetProperty("references").EnumerateArray().Select(item => $"{item.GetProperty("name")} {item.GetProperty("version")} {item.GetProperty("line")}:{item.GetProperty("column")}");
}
