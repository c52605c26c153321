using System.Text;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class FmtTests : IDisposable
{
    private const string Untidy = "task \"t\" {\nimage=\"a\"\n}\n";
    private const string Tidy = "task \"t\" {\n  image = \"a\"\n}\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-fmt-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_file_is_written_anew_in_its_place_with_its_mode()
    {
        var path = Write("app.mill", Untidy);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var session = In();
        Assert.Equal(0, await session.RunAsync("fmt"));
        Assert.Equal((Tidy, "app.mill written anew\n", ""), (File.ReadAllText(path), session.Error, session.Output));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
        Assert.Equal(["app.mill"], Directory.GetFiles(_directory).Select(Path.GetFileName));
        var again = In();
        Assert.Equal(0, await again.RunAsync("fmt", "app.mill"));
        Assert.Equal("", again.Error);
    }

    [Fact]
    public async Task A_check_names_what_it_would_change_and_changes_nothing()
    {
        var (untidy, _) = (Write("a.mill", Untidy), Write("b.mill", Tidy));
        var session = In();
        Assert.Equal(7, await session.RunAsync("fmt", "--check", "a.mill", "b.mill"));
        Assert.Equal(("a.mill\n", "error: One file is not written as everybody writes them.\nhint: Write them anew: mill fmt FILE\n"), (session.Output, session.Error));
        Assert.Equal(Untidy, File.ReadAllText(untidy));
        Assert.Equal(0, await In().RunAsync("fmt", "--check", "b.mill"));
        var json = In();
        Assert.Equal(7, await json.RunAsync("fmt", "--check", "--json", "a.mill", "b.mill"));
        Assert.Equal("""{"files":[{"file":"a.mill","changed":true},{"file":"b.mill","changed":false}]}""" + "\n", json.Output);
    }

    [Fact]
    public async Task The_standard_input_goes_to_the_standard_output()
    {
        var session = new Session { Directory = _directory, Input = Encoding.UTF8.GetBytes(Untidy) };
        Assert.Equal(0, await session.RunAsync("fmt", "-"));
        Assert.Equal((Tidy, ""), (session.Output, session.Error));
        var check = new Session { Directory = _directory, Input = Encoding.UTF8.GetBytes(Untidy) };
        Assert.Equal(7, await check.RunAsync("fmt", "-", "--check"));
        Assert.Equal("standard input\n", check.Output);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_shown_where_it_goes_wrong_and_the_others_are_written_all_the_same()
    {
        var (wrong, other) = (Write("a.mill", "task \"t\" {\n\timage = a\n}\n"), Write("b.mill", Untidy));
        var session = In();
        Assert.Equal(7, await session.RunAsync("fmt", "a.mill", "b.mill"));
        Assert.Equal("error: a.mill cannot be read, and stays as it is.\n  - a.mill:2:10: A text stands in quotes.\n       image = a\n               ^\nb.mill written anew\n", session.Error);
        Assert.Equal((Tidy, "task \"t\" {\n\timage = a\n}\n"), (File.ReadAllText(other), File.ReadAllText(wrong)));
    }

    [Fact]
    public async Task Without_a_name_it_is_the_one_of_the_directory()
    {
        var nothing = In();
        Assert.Equal(2, await nothing.RunAsync("fmt"));
        Assert.StartsWith("error: There is no .mill file in this directory.\n", nothing.Error, StringComparison.Ordinal);
        Write("a.mill", Untidy);
        Write("b.mill", Untidy);
        var several = In();
        Assert.Equal(2, await several.RunAsync("fmt"));
        Assert.StartsWith("error: There are several .mill files in this directory: a.mill, b.mill.\n", several.Error, StringComparison.Ordinal);
        Write("mill.mill", Untidy);
        var usual = In();
        Assert.Equal(0, await usual.RunAsync("fmt"));
        Assert.Equal("mill.mill written anew\n", usual.Error);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        var session = In();
        Assert.Equal((int)Mill.Commands.ExitCodes.Usage, await session.RunAsync("fmt", "none.mill"));
        Assert.Contains("none.mill", session.Error, StringComparison.Ordinal);
    }

    private Session In() => new() { Directory = _directory };

    private string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(_directory, name), text);
        return Path.Combine(_directory, name);
    }
}
