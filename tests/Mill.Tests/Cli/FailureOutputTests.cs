using System.Text.Json;
using Mill.Commands;
using Mill.Secrets;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class FailureOutputTests
{
    [Theory]
    [InlineData("secrt", "secret")]
    [InlineData("secret gte a", "get")]
    [InlineData("secret get a --vers 3", "--version")]
    [InlineData("secret get --jsno", "--json")]
    [InlineData("secret get a --version x", "--help")]
    [InlineData("secret get a --at noon", "--help")]
    [InlineData("secret get a --at 1/2", "--help")]
    [InlineData("secret get a --at 12:00", "--help")]
    [InlineData("secret get a --at 2026-01-31", "--help")]
    [InlineData("secret get a --at 2026-01-31T12:00:00", "--help")]
    [InlineData("secret get", "--help")]
    [InlineData("secret", "--help")]
    [InlineData("", "--help")]
    [InlineData("secret set a --trim-newlin", "--trim-newline")]
    [InlineData("secret set a --if-version 1 --if-absent", "Leave one")]
    [InlineData("secret get a --version 1 --at 2026-01-01T00:00:00Z", "Leave one")]
    [InlineData("secret destroy a", "history")]
    [InlineData("secret destroy a --all --version 1", "history")]
    [InlineData("token create --subject s", "--help")]
    [InlineData("completion powershell", "--help")]
    [InlineData("dev --listen 0.0.0.0:4400", "--insecure")]
    [InlineData("dev --listen 127.0.0.1", "--listen")]
    [InlineData("status --address ftp://x", "http://127.0.0.1:4400")]
    public async Task A_command_line_that_is_not_understood_gets_an_error_and_a_hint(string line, string hint)
    {
        var session = new Session { Variables = { ["MILL_TOKEN"] = "t", ["MILL_DATA_DIR"] = "/nonexistent", ["MILL_CONFIG_DIR"] = "/nonexistent" } };
        Assert.Equal(ExitCodes.Usage, await session.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains("error: ", session.Error, StringComparison.Ordinal);
        Assert.Contains(hint, session.Error[session.Error.LastIndexOf("hint: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Equal("", session.Output);
    }

    [Theory]
    [InlineData("--data-dir")]
    [InlineData("--master-key-file")]
    public async Task An_empty_path_is_not_the_usual_place(string option)
    {
        var session = new Session { Variables = { ["MILL_DATA_DIR"] = "/nonexistent", ["MILL_CONFIG_DIR"] = "/nonexistent" } };
        Assert.Equal(ExitCodes.Usage, await session.RunAsync("dev", option, ""));
        Assert.Contains($"error: {option} needs", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("canary")]
    [InlineData("-canary")]
    [InlineData("--canary")]
    public async Task What_may_be_a_value_is_never_repeated(string value)
    {
        var session = new Session { Variables = { ["MILL_TOKEN"] = "t" } };
        Assert.Equal(ExitCodes.Usage, await session.RunAsync("secret", "set", "a", "x", value));
        Assert.Equal(ExitCodes.Usage, await session.RunAsync("secret", "set", "a", "--json", "x", value));
        if (value.StartsWith('-')) Assert.Equal(ExitCodes.Usage, await session.RunAsync("secret", "set", "a", value));
        Assert.DoesNotContain("canary", session.Error + session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_arguments_the_usage_is_on_the_error_stream()
    {
        var session = new Session();
        Assert.Equal(2, await session.RunAsync());
        Assert.Contains("Usage", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_is_data_and_tells_the_exit_codes()
    {
        var session = new Session();
        Assert.Equal(0, await session.RunAsync("--help"));
        Assert.Contains("Exit codes:", session.Output, StringComparison.Ordinal);
        Assert.Equal("", session.Error);
    }

    [Fact]
    public async Task A_failure_is_told_with_its_hint_and_with_json_as_a_document()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("GET /v1/secrets/a", 503, "vault_sealed", ""","hint":"Supply \u001bthe key." """);
        var text = Session.With(mill);
        Assert.Equal(8, await text.RunAsync("secret", "get", "a"));
        Assert.Equal("error: It is vault_sealed.\nhint: Supply \\u001bthe key.\n", text.Error);
        var json = Session.With(mill);
        Assert.Equal(8, await json.RunAsync("--json", "secret", "get", "a"));
        Assert.Equal("vault_sealed", JsonDocument.Parse(json.Error).RootElement.GetProperty("code").GetString());
        Assert.Equal("", json.Output);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_exit_code_9()
    {
        var mill = await FakeMill.StartAsync();
        await mill.DisposeAsync();
        var session = Session.With(mill);
        Assert.Equal(9, await session.RunAsync("secret", "get", "a"));
        Assert.Contains("hint: Is the server running? Start one with: mill dev", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_token_a_missing_server_is_told_first()
    {
        var mill = await FakeMill.StartAsync();
        var session = new Session { Variables = { ["MILL_ADDRESS"] = mill.Address.ToString() } };
        Assert.Equal(4, await session.RunAsync("status"));
        await mill.DisposeAsync();
        Assert.Equal(9, await session.RunAsync("status"));
        Assert.EndsWith("hint: Is the server running? Start one with: mill dev\n", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret get a --version 99", "not_found", "error: There is no version 99 of a.\nhint: See what there is: mill secret history a\n")]
    [InlineData("secret get a --at 2026-01-31T12:00:00Z", "not_found", "error: There was no value of a at 2026-01-31T12:00:00.000000Z.\nhint: See what there is: mill secret history a\n")]
    [InlineData("secret set a v", "not_found", "patterns")]
    [InlineData("secret get a", "unauthenticated", "hint: Check MILL_TOKEN or --token; mill dev prints one.\n")]
    public async Task A_refusal_comes_with_what_to_look_at_here(string line, string code, string hint)
    {
        await using var mill = await FakeMill.StartAsync();
        foreach (var request in (string[])["GET /v1/secrets/a", "GET /v1/secrets/a?version=99", "GET /v1/secrets/a?at=2026-01-31T12%3A00%3A00.000000Z", "PUT /v1/secrets/a"])
            mill.Fail(request, code is "not_found" ? 404 : 401, code, ""","hint":"of the server" """);
        var session = Session.With(mill);
        Assert.NotEqual(0, await session.RunAsync(line.Split(' ')));
        Assert.Contains(hint, session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("of the server", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_error_has_an_exit_code_and_only_internal_ones_are_unexpected()
    {
        foreach (var error in Enum.GetValues<MillError>())
            Assert.True(ExitCodes.For(error) != ExitCodes.Unexpected || error is MillError.Internal, error.ToString());
    }
}
