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

    [Fact]
    public async Task The_profile_of_a_cluster_names_its_authority_too()
    {
        using var authority = new TestAuthority();
        await using var mill = await FakeMill.StartAsync(authority.Issue());
        mill.On("GET /healthz", """{"status":"ok"}""");
        var (file, address) = (new ProfileFile(ProfilePath), mill.Address.GetLeftPart(UriPartial.Authority));
        var caCert = WriteAuthority(authority);
        Assert.Equal(ProfileOutcome.Written, await WriteInitAsync(file, address, "profile-token", caCert));
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory } };
        Assert.Equal(3, await session.RunAsync("secret", "get", "a"));
        Assert.Equal("Bearer profile-token", mill.Seen[0].Header("Authorization"));

        // It answers, over TLS: so another server leaves it alone, as it leaves alone what is somebody's own.
        Assert.Equal(ProfileOutcome.InUse, await WriteInitAsync(file, "https://127.0.0.1:1", "two", caCert));
        Assert.Equal(ProfileOutcome.InUse, await WriteDevAsync(file, "http://127.0.0.1:1", "two"));
        Write("""{"address":"https://prod","token":"t","origin":"user"}""");
        Assert.Equal(ProfileOutcome.SomebodysOwn, await WriteInitAsync(file, address, "one", caCert));
    }

    [Fact]
    public async Task The_token_of_a_profile_goes_to_every_node_of_its_cluster_and_to_nobody_else()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        await using var node = await FakeMill.StartAsync(authority.Issue());
        await using var stranger = await FakeMill.StartAsync(other.Issue());
        await using var plain = await FakeMill.StartAsync();
        await WriteInitAsync(new(ProfilePath), "https://127.0.0.1:1", "profile-token", WriteAuthority(authority));
        Assert.Equal(3, await RunAsync(node.Address));
        Assert.Equal("Bearer profile-token", Assert.Single(node.Seen).Header("Authorization"));
        Assert.Equal(9, await RunAsync(stranger.Address));
        Assert.Empty(stranger.Seen);
        Assert.Equal(4, await RunAsync(plain.Address));
        Assert.Null(Assert.Single(plain.Seen).Header("Authorization"));

        Task<int> RunAsync(Uri address) => new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory } }.RunAsync("secret", "get", "a", "--address", address.ToString());
    }

    [Fact]
    public async Task An_authority_that_is_named_makes_an_address_a_secure_one()
    {
        using var authority = new TestAuthority();
        await using var mill = await FakeMill.StartAsync(authority.Issue());
        var file = WriteAuthority(authority);
        var bare = mill.Address.Authority;
        var byVariable = new Session { Variables = { ["MILL_ADDRESS"] = bare, ["MILL_CACERT"] = file, ["MILL_TOKEN"] = FakeMill.Token } };
        Assert.Equal(3, await byVariable.RunAsync("secret", "get", "a"));
        var byOption = new Session { Variables = { ["MILL_TOKEN"] = FakeMill.Token } };
        Assert.Equal(3, await byOption.RunAsync("secret", "get", "a", "--address", bare, "--ca-cert", file));
        Assert.Equal(2, mill.Seen.Count);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("not a certificate")]
    public async Task A_file_that_holds_no_authority_is_refused(string? content)
    {
        var path = Path.Combine(_directory, "ca.crt");
        if (content is not null) await File.WriteAllTextAsync(path, content);
        var session = new Session { Variables = { ["MILL_TOKEN"] = FakeMill.Token } };
        Assert.Equal(ExitCodes.Usage, await session.RunAsync("status", "--address", "https://127.0.0.1:1", "--ca-cert", path));
        Assert.Contains(path, session.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_believed_is_told_no_token()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        await using var mill = await FakeMill.StartAsync(other.Issue());
        var session = new Session { Variables = { ["MILL_ADDRESS"] = mill.Address.ToString(), ["MILL_CACERT"] = WriteAuthority(authority), ["MILL_TOKEN"] = FakeMill.Token } };
        Assert.Equal(ExitCodes.Unreachable, await session.RunAsync("status"));
        Assert.Contains("is not one of this cluster's authority", session.Error, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }

    [Theory]
    [InlineData("10.0.0.1:4400", "http://10.0.0.1:4400/")]
    [InlineData("https://mill.example", "https://mill.example/")]
    public void An_address_may_leave_out_its_scheme(string text, string address) => Assert.Equal(address, Connection.Parse(text).ToString());

    // The clock stands still, so that a busy machine does not run out of patience.
    private static Task<ProfileOutcome> WriteDevAsync(ProfileFile file, string address, string token) =>
        file.WriteAsync(new(address, token, Profile.DevOrigin), new ManualTime(), CancellationToken.None);

    private static Task<ProfileOutcome> WriteInitAsync(ProfileFile file, string address, string token, string caCert) =>
        file.WriteAsync(new(address, token, Profile.InitOrigin) { CaCert = caCert }, new ManualTime(), CancellationToken.None);

    private string WriteAuthority(TestAuthority authority)
    {
        var path = Path.Combine(_directory, "ca.crt");
        File.WriteAllText(path, authority.Certificate.ExportCertificatePem());
        return path;
    }

    private void Write(string content)
    {
        File.WriteAllText(ProfilePath, content);
        File.SetUnixFileMode(ProfilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
