using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class SecretCommandsTests
{
    private const string IsSet = """{"name":"a","version":4,"valid_from":"2026-01-01T00:00:00.000000Z","changed":true}""";

    [Theory]
    [InlineData("canary")]
    [InlineData("")]
    [InlineData("@file")]
    [InlineData("\"quoted\" value ")]
    [InlineData("-----BEGIN KEY-----\nx")]
    public async Task A_value_on_the_command_line_is_set_as_it_stands(string value)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet, 201);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("secret", "set", "a", value));
        Assert.Equal($$"""{"value":{{System.Text.Json.JsonSerializer.Serialize(value, Relaxed)}}}""", mill.Seen[0].Body);
        Assert.Equal("", session.Output);
        Assert.Equal("secret a set (version 4)\n", session.Error);
    }

    [Fact]
    public async Task What_is_deleted_is_said_so()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("DELETE /v1/secrets/a", "", 204);
        var (person, script) = (Session.With(mill), Session.With(mill));
        Assert.Equal(0, await person.RunAsync("secret", "delete", "a"));
        Assert.Equal(("", "secret a deleted\n"), (person.Output, person.Error));
        Assert.Equal(0, await script.RunAsync("secret", "delete", "a", "--json"));
        Assert.Equal("""{"name":"a","deleted":true}""" + "\n", script.Output);
    }

    [Fact]
    public async Task After_two_dashes_a_value_may_look_like_an_option()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        Assert.Equal(0, await Session.With(mill).RunAsync("secret", "set", "a", "--", "--force"));
        Assert.Equal("""{"value":"--force"}""", mill.Seen[0].Body);
    }

    [Theory]
    [InlineData(new[] { "-" }, "line\n", "{\"value\":\"line\\n\"}", "note:")]
    [InlineData(new string[0], "line", "{\"value\":\"line\"}", "set")]
    [InlineData(new[] { "-", "--trim-newline" }, "line\r\n", "{\"value\":\"line\"}", "set")]
    [InlineData(new[] { "--trim-newline" }, "two\n\n", "{\"value\":\"two\\n\"}", "set")]
    public async Task Piped_input_is_taken_byte_for_byte_unless_a_newline_is_to_go(string[] more, string input, string body, string said)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        var session = Session.With(mill);
        session.Input = System.Text.Encoding.UTF8.GetBytes(input);
        Assert.Equal(0, await session.RunAsync(["secret", "set", "a", .. more]));
        Assert.Equal(body, mill.Seen[0].Body);
        Assert.Contains(said, session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "", "-")]
    [InlineData(false, "")]
    [InlineData(false, "\n", "--trim-newline")]
    [InlineData(false, "", "--file", "/dev/null")]
    [InlineData(true, "\r")]
    public async Task An_empty_value_has_to_be_meant(bool isTerminal, string input, params string[] more)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        Assert.Equal(7, await RunAsync());
        Assert.Empty(mill.Seen);
        Assert.Equal(0, await RunAsync("--allow-empty"));
        Assert.Equal("""{"value":""}""", mill.Seen[0].Body);

        Task<int> RunAsync(params string[] allowed)
        {
            var session = Session.With(mill);
            session.IsTerminal = isTerminal;
            if (isTerminal) session.Type(input);
            else session.Input = System.Text.Encoding.UTF8.GetBytes(input);
            return session.RunAsync(["secret", "set", "a", .. more, .. allowed]);
        }
    }

    [Theory]
    [InlineData("--", "a", "-")]
    [InlineData("a", "--", "-")]
    [InlineData("a", "--if-absent", "--", "-")]
    public async Task After_two_dashes_a_dash_is_a_value(params string[] line)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        Assert.Equal(0, await Session.With(mill).RunAsync(["secret", "set", .. line]));
        Assert.Equal("""{"value":"-"}""", mill.Seen[0].Body);
    }

    [Theory]
    [InlineData("one\x04")]
    [InlineData("one\rone\x04")]
    public async Task The_end_of_the_input_at_the_prompt_sets_nothing(string typed)
    {
        await using var mill = await FakeMill.StartAsync();
        var session = Session.With(mill);
        session.IsTerminal = true;
        session.Type(typed);
        Assert.Equal(130, await session.RunAsync("secret", "set", "a"));
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task A_typed_value_is_asked_for_twice_and_never_shown()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("PUT /v1/secrets/a", IsSet);
        var session = Session.With(mill);
        session.IsTerminal = true;
        session.Type("canarx\by\rcanary\r");
        Assert.Equal(0, await session.RunAsync("secret", "set", "a"));
        Assert.Equal("""{"value":"canary"}""", mill.Seen[0].Body);
        Assert.DoesNotContain("canar", session.Error + session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_different_typed_values_set_nothing()
    {
        await using var mill = await FakeMill.StartAsync();
        var session = Session.With(mill);
        session.IsTerminal = true;
        session.Type("one\rtwo\r");
        Assert.Equal(2, await session.RunAsync("secret", "set", "a"));
        Assert.Empty(mill.Seen);
        Assert.Contains("error: The two values differ", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_is_too_large_is_not_sent()
    {
        await using var mill = await FakeMill.StartAsync();
        var session = Session.With(mill);
        session.Input = new byte[(256 * 1024) + 1];
        Assert.Equal(7, await session.RunAsync("secret", "set", "a", "-"));
        Assert.Empty(mill.Seen);
    }

    [Theory]
    [InlineData(false, new string[0], "value\n")]
    [InlineData(false, new[] { "--raw" }, "value")]
    [InlineData(true, new string[0], "value\n")]
    public async Task A_value_is_printed_with_a_newline_or_raw(bool isTerminal, string[] more, string printed)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a", """{"name":"a","version":1,"value":"value","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        var session = Session.With(mill);
        session.IsTerminal = isTerminal;
        Assert.Equal(0, await session.RunAsync(["secret", "get", "a", .. more]));
        Assert.Equal(printed, session.Output);
    }

    [Fact]
    public async Task Bytes_are_written_to_a_pipe_and_refused_on_a_terminal()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a", """{"name":"a","version":1,"value_base64":"/wA=","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        var pipe = Session.With(mill);
        await pipe.RunAsync("secret", "get", "a", "--raw");
        Assert.Equal([0xff, 0x00], pipe.OutputBytes);
        var screen = Session.With(mill);
        screen.IsTerminal = true;
        Assert.Equal(2, await screen.RunAsync("secret", "get", "a"));
        Assert.Contains("hint: Write it to a file", screen.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\u001b[2J")]
    [InlineData("a\\rb")]
    [InlineData("\\u009b2J")]
    [InlineData("\\u007f")]
    public async Task Text_that_would_steer_a_screen_is_refused_there(string value)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a", $$"""{"name":"a","version":1,"value":"{{value}}","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        var screen = Session.With(mill);
        screen.IsTerminal = true;
        Assert.Equal(2, await screen.RunAsync("secret", "get", "a"));
        Assert.Equal("", screen.Output);
        Assert.Contains("--raw > FILE", screen.Error, StringComparison.Ordinal);
        Assert.Equal(0, await Session.With(mill).RunAsync("secret", "get", "a"));
    }

    [Fact]
    public async Task Tabs_newlines_and_letters_of_any_language_go_to_a_screen()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a", """{"name":"a","version":1,"value":"a\tb\né ¢ 秘","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        var screen = Session.With(mill);
        screen.IsTerminal = true;
        Assert.Equal(0, await screen.RunAsync("secret", "get", "a"));
        Assert.Equal("a\tb\né ¢ 秘\n", screen.Output);
    }

    [Fact]
    public async Task Now_is_a_time()
    {
        await using var mill = await FakeMill.StartAsync();
        var time = new Mill.Testing.ManualTime();
        await Session.With(mill, time).RunAsync("secret", "get", "a", "--at", "now");
        await Session.With(mill, time).RunAsync("secret", "get", "a", "--at", "2026-01-31T13:00:00.5+01:00");
        Assert.Equal([$"/v1/secrets/a?at={time.GetUtcNow():yyyy-MM-dd'T'HH}%3A{time.GetUtcNow():mm}%3A{time.GetUtcNow():ss.ffffff}Z", "/v1/secrets/a?at=2026-01-31T12%3A00%3A00.500000Z"], mill.Seen.Select(request => request.Target));
    }

    [Fact]
    public async Task Json_is_the_document_of_the_API_on_one_line()
    {
        const string Document = """{"name":"a","version":2,"value":"é\n","valid_from":"2026-01-01T00:00:00.000000Z","valid_to":null,"state":"current"}""";
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a?version=2", Document);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("secret", "get", "a", "--version", "2", "--json"));
        Assert.Equal(Document + "\n", session.Output);
    }

    [Fact]
    public async Task A_list_is_tabs_in_a_pipe_and_a_table_on_a_terminal()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets", """{"secrets":[{"name":"a","version":3,"valid_from":"2026-01-01T00:00:00Z"}],"next":null}""");
        var pipe = Session.With(mill);
        await pipe.RunAsync("secret", "list");
        Assert.Equal("a\t3\t2026-01-01T00:00:00.000000Z\n", pipe.Output);
        var screen = Session.With(mill);
        screen.IsTerminal = true;
        await screen.RunAsync("secret", "list");
        Assert.Equal("NAME  VERSION  VALID FROM\na     3        2026-01-01T00:00:00Z\n", screen.Output);
    }

    [Fact]
    public async Task A_history_shows_intervals_and_no_control_characters()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a/history", """{"name":"a","versions":[{"version":1,"state":"current","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"created_by":"me\u001b[2J\u202e","key_id":"k"}],"next":null}""");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("secret", "history", "a"));
        Assert.Equal("1\tcurrent\t2026-01-01T00:00:00.000000Z\t-\tme\\u001b[2J\\u202e\n", session.Output);
    }

    [Fact]
    public async Task Destroying_needs_a_yes_from_somebody()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/secrets/a/destroy", "", 204);
        var script = Session.With(mill);
        Assert.Equal(2, await script.RunAsync("secret", "destroy", "a", "--all"));
        Assert.Contains("--yes", script.Error, StringComparison.Ordinal);
        var no = Session.With(mill);
        (no.IsTerminal, no.Input) = (true, "n\n"u8.ToArray());
        Assert.Equal(130, await no.RunAsync("secret", "destroy", "a", "--version", "1"));
        Assert.Empty(mill.Seen);

        var yes = Session.With(mill);
        (yes.IsTerminal, yes.Input) = (true, "y\n"u8.ToArray());
        Assert.Equal(0, await yes.RunAsync("secret", "destroy", "a", "--version", "1", "--version", "2"));
        Assert.Equal("""{"versions":[1,2]}""", mill.Seen[0].Body);
        Assert.Equal(0, await Session.With(mill).RunAsync("secret", "destroy", "a", "--all", "--yes"));
        Assert.Equal("""{"all":true}""", mill.Seen[1].Body);
    }

    [Fact]
    public async Task A_watch_prints_lines_until_it_is_interrupted()
    {
        await using var mill = await FakeMill.StartAsync();
        using var stop = new CancellationTokenSource();
        mill.On("GET /v1/secrets:watch", context => mill.Seen.Count is 1
            ? FakeMill.WriteAsync(context, 200, "text/event-stream", "id: 1\nevent: added\ndata: {\"name\":\"a\",\"version\":1}\n\n")
            : stop.CancelAsync());
        var session = Session.With(mill);
        Assert.Equal(130, await session.RunAsync(["secret", "watch"], stop.Token));
        Assert.Equal("added\ta\t1\n", session.Output);
        Assert.StartsWith("watching…\nconnection lost, trying again…\n", session.Error, StringComparison.Ordinal);
    }

    private static System.Text.Json.JsonSerializerOptions Relaxed { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
