using System.Text;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class EnvCheckTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-env-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("DB_PASSWORD=enc(DB_PASSWORD, canary)\n", "1:13: The plaintext of DB_PASSWORD stands in the file: it is in the parentheses of enc(NAME, VALUE).")]
    [InlineData("LOG=\"http://enc(h, canary)\"\n", "1:13: The plaintext of LOG stands in the file: it is in the parentheses of enc(NAME, VALUE).")]
    [InlineData("DB_PASSWORD=enc(x)\nx=canary\n", "2:3: The plaintext of x stands in the file: an enc(NAME) asks for it.")]
    [InlineData("DB_PASSWORD=enc(x)\nx=\n", "1:13: The value of DB_PASSWORD is not stored yet: encrypt the file.")]
    [InlineData("DB_PASSWORD=canary1secret(tok)\n", "1:13: The plaintext of DB_PASSWORD stands in the file: its name says that it is a secret, and text stands beside the reference.")]
    public async Task Plaintext_in_and_behind_a_reference_is_found(string content, string finding)
    {
        var session = new Session();
        Assert.Equal(7, await session.RunAsync("env", "check", "--offline", "--allow", "LOG", "--allow", "x", Write(".env", content)));
        Assert.Equal($"{Place(".env")}:{finding}\n", session.Output);
        Assert.Contains("hint: Store it: mill env encrypt FILE --in-place", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A=secret(a\n", "1:3: A reference is not closed. For text that looks like one, write a backslash before it.")]
    [InlineData("A=secret(/a)\n", "1:3: This is not the name of a secret. A name has 1 to 255 of A-Z a-z 0-9 _ . - /, starts with a letter, digit or _, and has no empty, '.' or '..' segment.")]
    [InlineData("A=1\nA=secret(a@x)\n", "2:3: What follows @ is a version, a number from 1.")]
    [InlineData("A=secret(a@0)\n", "1:3: What follows @ is a version, a number from 1.")]
    public async Task References_that_cannot_be_any_are_found_without_a_server(string content, string finding)
    {
        var session = new Session();
        Assert.Equal(7, await session.RunAsync("env", "check", "--offline", Write(".env", content)));
        Assert.Equal($"{Place(".env")}:{finding}\n", session.Output);
    }

    [Fact]
    public async Task What_was_found_is_told_though_the_server_fails()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("POST /v1/env/encrypt", 403, "forbidden");
        var session = Session.With(mill);
        Assert.Equal(5, await session.RunAsync("env", "check", Write("a.env", "A=secret(a)\n"), Write("b.env", "TOKEN=canary\n")));
        Assert.Equal($"{Place("b.env")}:1:7: The plaintext of TOKEN stands in the file: its name says that it is a secret.\n", session.Output);
        Assert.StartsWith("error: It is forbidden.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_does_not_hide_what_is_in_the_others()
    {
        await File.WriteAllBytesAsync(Place("bytes.env"), [0x41, 0x3d, 0xff]);
        var session = new Session();
        Assert.Equal(7, await session.RunAsync("env", "check", Place("missing.env"), Place("bytes.env"), Write("b.env", "TOKEN=canary\n"), "--json"));
        Assert.Contains($$"""{"problems":[{"file":"{{Place("missing.env")}}","code":"unreadable","detail":"The file """, session.Output, StringComparison.Ordinal);
        Assert.Contains($$"""{"file":"{{Place("bytes.env")}}","code":"unreadable","detail":"The file {{Place("bytes.env")}} is not text in UTF-8."}""", session.Output, StringComparison.Ordinal);
        Assert.Contains($$"""{"file":"{{Place("b.env")}}","line":1,"column":7,"code":"plaintext","name":"TOKEN",""", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_server_knows_more_of_a_reference_it_is_told_once()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("POST /v1/env/encrypt", """
            {"type":"t","title":"t","status":422,"detail":"d","code":"unresolved_references","errors":[{"code":"unresolved_references","detail":"There is no value for enc(x).","name":"x","line":2,"column":3}]}
            """, 422);
        var session = Session.With(mill);
        Assert.Equal(7, await session.RunAsync("env", "check", Write(".env", "A=enc(y, 1)\nB=enc(x)\n")));
        Assert.Equal($"{Place(".env")}:1:3: The plaintext of A stands in the file: it is in the parentheses of enc(NAME, VALUE).\n{Place(".env")}:2:3: There is no value for enc(x).\n", session.Output);
    }

    [Fact]
    public async Task The_standard_input_may_be_called_by_the_name_of_a_file()
    {
        var session = new Session { Input = Encoding.UTF8.GetBytes("TOKEN=canary\n") };
        Assert.Equal(7, await session.RunAsync("env", "check", "--offline", "--stdin-name=my app/-x.env", "-"));
        Assert.StartsWith("my app/-x.env:1:7: ", session.Output, StringComparison.Ordinal);
    }

    private string Place(string name) => Path.Combine(_directory, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(Place(name), content);
        return Place(name);
    }
}
