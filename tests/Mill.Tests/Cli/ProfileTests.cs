using Mill.Commands;
using Mill.Profiles;
using Mill.Testing;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class ProfileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-profile-").FullName;

    private string ProfilePath => Path.Combine(_directory, "profile.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_dev_profile_is_its_owners_alone_and_may_be_replaced()
    {
        var file = new ProfileFile(ProfilePath);
        Assert.Equal(ProfileOutcome.Written, await WriteDevAsync(file, "http://127.0.0.1:1", "one"));
        Assert.Equal(ProfileOutcome.Written, await WriteDevAsync(file, "http://127.0.0.1:2", "two"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ProfilePath));
        Assert.Contains("two", File.ReadAllText(ProfilePath), StringComparison.Ordinal);
        Assert.Equal([ProfilePath], Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData("""{"address":"https://prod","token":"t","origin":"user"}""", nameof(ProfileOutcome.SomebodysOwn))]
    [InlineData("not json", nameof(ProfileOutcome.Damaged))]
    public async Task Somebodys_own_profile_is_never_replaced(string content, string outcome)
    {
        Write(content);
        Assert.Equal(outcome, (await WriteDevAsync(new(ProfilePath), "http://127.0.0.1:1", "one")).ToString());
        Assert.Equal(content, File.ReadAllText(ProfilePath));
    }

    [Fact]
    public async Task The_profile_of_a_dev_server_that_answers_is_left_to_it()
    {
        var mill = await FakeMill.StartAsync();
        mill.On("GET /healthz", """{"status":"ok"}""");
        var address = mill.Address.GetLeftPart(UriPartial.Authority);
        var file = new ProfileFile(ProfilePath);
        await WriteDevAsync(file, address, "one");
        Assert.Equal(ProfileOutcome.InUse, await WriteDevAsync(file, "http://127.0.0.1:1", "two"));
        Assert.Null(Assert.Single(mill.Seen).Header("Authorization"));
        Assert.Equal(ProfileOutcome.Written, await WriteDevAsync(file, address, "three"));
        await mill.DisposeAsync();
        Assert.Equal(ProfileOutcome.Written, await WriteDevAsync(file, "http://127.0.0.1:1", "four"));
    }

    [Fact]
    public async Task A_profile_names_server_and_token()
    {
        await using var mill = await FakeMill.StartAsync();
        await WriteDevAsync(new(ProfilePath), mill.Address.ToString(), "profile-token");
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory } };
        Assert.Equal(3, await session.RunAsync("secret", "get", "a"));
        Assert.Equal("Bearer profile-token", mill.Seen[0].Header("Authorization"));
    }

    [Fact]
    public async Task The_token_of_a_profile_goes_to_no_other_server()
    {
        await using var mill = await FakeMill.StartAsync();
        await WriteDevAsync(new(ProfilePath), "http://127.0.0.1:1", "profile-token");
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory } };
        Assert.Equal(4, await session.RunAsync("secret", "get", "a", "--address", mill.Address.ToString()));
        Assert.All(mill.Seen, request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public async Task The_command_line_wins_over_the_environment_and_that_over_the_profile()
    {
        await using var mill = await FakeMill.StartAsync();
        await WriteDevAsync(new(ProfilePath), mill.Address.ToString(), "profile-token");
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory, ["MILL_TOKEN"] = "env-token", ["MILL_TENANT"] = "acme" } };
        await session.RunAsync("secret", "get", "a");
        await session.RunAsync("secret", "get", "a", "--token", "flag-token", "--tenant", "beta");
        Assert.Equal(["Bearer env-token", "Bearer flag-token"], mill.Seen.Select(request => request.Header("Authorization")));
        Assert.Equal(["acme", "beta"], mill.Seen.Select(request => request.Header("Mill-Tenant")));
    }

    [Fact]
    public async Task A_profile_that_others_can_read_is_refused()
    {
        await using var mill = await FakeMill.StartAsync();
        Write($$"""{"address":"{{mill.Address}}","token":"profile-token","origin":"dev"}""");
        File.SetUnixFileMode(ProfilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory, ["MILL_ADDRESS"] = mill.Address.ToString() } };
        Assert.Equal(ExitCodes.Unauthenticated, await session.RunAsync("status"));
        Assert.Contains($"chmod 600 {ProfilePath}", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.1:4400", "http://10.0.0.1:4400/")]
    [InlineData("https://mill.example", "https://mill.example/")]
    public void An_address_may_leave_out_its_scheme(string text, string address) => Assert.Equal(address, Connection.Parse(text).ToString());

    // The clock stands still, so that a busy machine does not run out of patience.
    private static Task<ProfileOutcome> WriteDevAsync(ProfileFile file, string address, string token) =>
        file.WriteDevAsync(address, token, new ManualTime(), CancellationToken.None);

    private void Write(string content)
    {
        File.WriteAllText(ProfilePath, content);
        File.SetUnixFileMode(ProfilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
