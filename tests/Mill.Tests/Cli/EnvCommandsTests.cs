using System.Text.Json.Nodes;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class EnvCommandsTests : IDisposable
{
    private const string Expanded = """{"content":"A=canary\n","references":[{"name":"a","version":2,"line":1,"column":3}]}""";

    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("mill-env-").FullName, ".env");

    public EnvCommandsTests() => File.WriteAllText(_file, "A=secret(a)\n");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public async Task A_file_is_printed_with_its_values_and_stays_as_it_is()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/expand", Expanded);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("env", "expand", _file, "--format", "shell", "--at", "2026-01-31T12:00:00Z"));
        Assert.Equal("""{"content":"A=secret(a)\n","at":"2026-01-31T12:00:00.000000Z","format":"shell"}""", mill.Seen[0].Body);
        Assert.Equal(("A=canary\n", ""), (session.Output, session.Error));
        Assert.Equal("A=secret(a)\n", await File.ReadAllTextAsync(_file));
    }

    [Fact]
    public async Task The_standard_input_is_a_file_too()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/expand", Expanded);
        var session = Session.With(mill);
        session.Input = "B=1\r\n"u8.ToArray();
        Assert.Equal(0, await session.RunAsync("env", "expand", "-", "--json"));
        Assert.Equal("""{"content":"B=1\r\n"}""", mill.Seen[0].Body);
        Assert.Equal("canary", JsonNode.Parse(session.Output)!["content"]!.GetValue<string>()[2..8]);
        Assert.Equal(2, await Session.With(mill).RunAsync("env", "expand", "-", "--in-place"));
    }

    [Fact]
    public async Task In_place_keeps_the_mode_and_the_link_and_leaves_nothing_else_behind()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/expand", Expanded);
        File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var link = Path.Combine(Path.GetDirectoryName(_file)!, "link");
        File.CreateSymbolicLink(link, _file);
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("env", "expand", link, "--in-place"));
        Assert.Equal("", session.Output);
        Assert.DoesNotContain("canary", session.Error, StringComparison.Ordinal);
        Assert.Equal("A=canary\n", await File.ReadAllTextAsync(_file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_file));
        Assert.Equal(_file, new FileInfo(link).LinkTarget);
        Assert.Equal([".env", "link"], Directory.GetFileSystemEntries(Path.GetDirectoryName(_file)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_by_line_and_the_file_stays()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/expand", """
            {"type":"t","title":"t","status":422,"detail":"Nothing was expanded: there are 2 problems in the file.","code":"unresolved_references","errors":[
            {"code":"unresolved_references","detail":"Secret \"a\" was not found.","name":"a","line":1,"column":3},{"code":"unresolved_references","detail":"Secret \"b\" was not found.","name":"b","line":2,"column":9}]}
            """, 422);
        var session = Session.With(mill);
        Assert.Equal(3, await session.RunAsync("env", "expand", _file, "--in-place"));
        Assert.Equal("error: Nothing was expanded: there are 2 problems in the file.\n  - line 1, column 3: Secret \"a\" was not found.\n  - line 2, column 9: Secret \"b\" was not found.\n", session.Error);
        Assert.Equal("A=secret(a)\n", await File.ReadAllTextAsync(_file));
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_no_text_is_refused_before_a_server_is_asked()
    {
        await using var mill = await FakeMill.StartAsync();
        Assert.Equal(2, await Session.With(mill).RunAsync("env", "expand", _file + ".missing"));
        await File.WriteAllBytesAsync(_file, [0x41, 0x3d, 0xff]);
        Assert.Equal(7, await Session.With(mill).RunAsync("env", "expand", _file));
        Assert.Equal(2, await Session.With(mill).RunAsync("env", "expand", _file, "--format", "yaml"));
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task What_looks_like_a_secret_is_sent_to_be_stored_and_its_place_in_the_file_taken_by_a_reference()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/encrypt", """{"content":"A=secret(a)\nDB_PASS=secret(app/DB_PASS) # x\n","secrets":[{"name":"app/DB_PASS","version":3,"created":false,"changed":true}]}""");
        await File.WriteAllTextAsync(_file, "A=secret(a)\nDB_PASS='canary' # x\n");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("env", "encrypt", _file, "--in-place", "--prefix", "app/", "--on-existing", "update"));
        Assert.Equal("""{"content":"A=secret(a)\nDB_PASS=enc(app/DB_PASS) # x\n","values":{"app/DB_PASS":"canary"},"on_existing":"update"}""", mill.Seen[0].Body);
        Assert.NotNull(mill.Seen[0].Header("Idempotency-Key"));
        Assert.Equal("A=secret(a)\nDB_PASS=secret(app/DB_PASS) # x\n", await File.ReadAllTextAsync(_file));
        Assert.StartsWith("secret app/DB_PASS is updated (version 3)\n", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", session.Error + session.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--all", """{"content":"A=secret(a)\nB=enc(B)\nTOKEN=enc(TOKEN)\nC=enc(K)\nK=x\n","values":{"B":"1","TOKEN":"t"}}""")]
    [InlineData("--marked", """{"content":"A=secret(a)\nB=1\nTOKEN=t\nC=enc(K)\nK=x\n","values":{}}""")]
    [InlineData("--key=B", """{"content":"A=secret(a)\nB=enc(B)\nTOKEN=t\nC=enc(K)\nK=x\n","values":{"B":"1"}}""")]
    [InlineData("--dry-run", """{"content":"A=secret(a)\nB=1\nTOKEN=enc(TOKEN)\nC=enc(K)\nK=x\n","values":{"TOKEN":"t"},"dry_run":true}""")]
    public async Task Somebody_may_say_which_values_are_stored(string option, string sent)
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/encrypt", """{"content":"x","secrets":[]}""");
        await File.WriteAllTextAsync(_file, "A=secret(a)\nB=1\nTOKEN=t\nC=enc(K)\nK=x\n");
        Assert.Equal(0, await Session.With(mill).RunAsync("env", "encrypt", _file, option));
        Assert.Equal(sent, mill.Seen[0].Body);
    }

    [Theory]
    [InlineData("--all", "--marked")]
    [InlineData("--key=A", "--all")]
    [InlineData("--in-place", "--dry-run")]
    [InlineData("--key=NONE")]
    [InlineData("--on-existing=maybe")]
    public async Task What_contradicts_itself_is_refused_before_a_server_is_asked(params string[] options)
    {
        await using var mill = await FakeMill.StartAsync();
        await File.WriteAllTextAsync(_file, "A=1\n");
        Assert.Equal(2, await Session.With(mill).RunAsync(["env", "encrypt", _file, .. options]));
        Assert.Equal(2, await Session.With(mill).RunAsync("env", "encrypt", _file)); // nothing looks like a secret
        Assert.Empty(mill.Seen);
    }

    [Theory]
    [InlineData("/app/")]
    [InlineData("app//")]
    [InlineData("a b/")]
    [InlineData("-")]
    public async Task A_prefix_that_no_name_begins_with_is_refused_before_a_server_is_asked(string prefix)
    {
        await using var mill = await FakeMill.StartAsync();
        await File.WriteAllTextAsync(_file, "TOKEN=canary\n");
        var session = Session.With(mill);
        Assert.Equal(2, await session.RunAsync("env", "encrypt", _file, $"--prefix={prefix}"));
        Assert.StartsWith("error: What --prefix says cannot be the beginning of a secret's name.\nhint: A name has", session.Error, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task A_value_is_not_lost_to_another_that_gets_its_name_by_a_prefix()
    {
        await using var mill = await FakeMill.StartAsync();
        await File.WriteAllTextAsync(_file, "X=enc(app/DB_PASSWORD, old)\nDB_PASSWORD=new\n");
        var session = Session.With(mill);
        Assert.Equal(7, await session.RunAsync("env", "encrypt", _file, "--in-place", "--prefix", "app/"));
        Assert.Contains("  - line 2, column 13: The file asks for app/DB_PASSWORD", session.Error, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task A_file_that_is_done_may_be_encrypted_again()
    {
        await using var mill = await FakeMill.StartAsync();
        await File.WriteAllTextAsync(_file, "TOKEN=secret(TOKEN)\nLOG=info\n");
        var session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("env", "encrypt", _file, "--in-place"));
        Assert.Equal(("", "Nothing to store: no value of its own in the file looks like a secret.\n"), (session.Output, session.Error));
        session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("env", "encrypt", _file));
        Assert.Equal("TOKEN=secret(TOKEN)\nLOG=info\n", session.Output);
        session = Session.With(mill);
        Assert.Equal(0, await session.RunAsync("env", "encrypt", _file, "--json"));
        Assert.Equal("""{"content":"TOKEN=secret(TOKEN)\nLOG=info\n","secrets":[]}""" + "\n", session.Output);
        Assert.Equal(2, await Session.With(mill).RunAsync("env", "encrypt", _file, "--marked"));
        Assert.Equal("TOKEN=secret(TOKEN)\nLOG=info\n", await File.ReadAllTextAsync(_file));
        await File.WriteAllTextAsync(_file, "TOKEN=secret(TOKEN\n");
        Assert.Equal(2, await Session.With(mill).RunAsync("env", "encrypt", _file)); // not closed, so not done
        Assert.Empty(mill.Seen);
    }

    [Fact]
    public async Task A_file_that_somebody_saved_meanwhile_is_left_as_it_is()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/expand", async context =>
        {
            await File.WriteAllTextAsync(_file, "edited");
            await FakeMill.WriteAsync(context, 200, "application/json", Expanded);
        });
        var session = Session.With(mill);
        Assert.Equal(6, await session.RunAsync("env", "expand", _file, "--in-place"));
        Assert.Equal("edited", await File.ReadAllTextAsync(_file));
        Assert.Contains("was changed by somebody else", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_names_plaintext_and_broken_references_by_place_and_asks_only_where_there_are_any()
    {
        await using var mill = await FakeMill.StartAsync();
        await File.WriteAllTextAsync(_file, "LOG=info\nTOKEN=canary\n");
        var session = Session.With(mill);
        Assert.Equal(7, await session.RunAsync("env", "check", _file));
        Assert.Equal($"{_file}:2:7: The plaintext of TOKEN stands in the file: its name says that it is a secret.\n", session.Output);
        Assert.DoesNotContain("canary", session.Error, StringComparison.Ordinal);
        Assert.Equal(0, await Session.With(mill).RunAsync("env", "check", _file, "--allow", "TOKEN"));
        Assert.Empty(mill.Seen);

        await File.WriteAllTextAsync(_file, "A=secret(a)\n");
        Assert.Equal(0, await Session.With(mill).RunAsync("env", "check", "--offline", _file));
        Assert.Empty(mill.Seen);
        mill.On("POST /v1/env/encrypt", """
            {"type":"t","title":"t","status":422,"detail":"d","code":"unresolved_references","errors":[{"code":"unresolved_references","detail":"Secret \"a\" was not found.","name":"a","line":1,"column":3}]}
            """, 422);
        session = Session.With(mill);
        Assert.Equal(7, await session.RunAsync("env", "check", _file, "--json"));
        Assert.Equal($$"""{"problems":[{"file":"{{_file}}","line":1,"column":3,"code":"unresolved_references","name":"a","detail":"Secret \"a\" was not found."}]}""" + "\n", session.Output);
        Assert.Equal("""{"content":"A=secret(a)\n","dry_run":true}""", mill.Seen[0].Body);
    }
}
