using Mill.Hosting.Cluster;
using Mill.Testing;
using Mill.Tests.Client;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary><c>mill leave</c>, which finds everything in the node's own data directory.</summary>
public sealed class LeaveCommandTests : IDisposable
{
    private const string Id = "0123456789abcdef";
    private const string Call = $"DELETE /v1/nodes/{Id}";

    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _directory.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_node_leaves_by_its_id_at_its_own_address_and_believes_its_own_cluster()
    {
        await using var mill = await StartAsync();
        Write(mill.Address);
        var session = new Session { Variables = { ["MILL_TOKEN"] = "operator" } };
        Assert.Equal(0, await session.RunAsync("leave", "--data-dir", _directory.Path, "--yes"));
        Assert.Equal("Bearer operator", Assert.Single(mill.Seen).Header("Authorization"));
        Assert.StartsWith("node n3 has left", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_operator_token_beside_it_will_do()
    {
        await using var mill = await StartAsync();
        Write(mill.Address);
        await File.WriteAllTextAsync(_directory.File("operator.token"), "kept\n");
        Assert.Equal(0, await new Session { Variables = { ["MILL_DATA_DIR"] = _directory.Path } }.RunAsync("leave", "--yes"));
        Assert.Equal("Bearer kept", Assert.Single(mill.Seen).Header("Authorization"));
    }

    [Fact]
    public async Task A_node_that_is_stopped_is_taken_out_by_another_one()
    {
        await using var other = await StartAsync();
        var gone = await FakeMill.StartAsync();
        Write(gone.Address, other.Address);
        await gone.DisposeAsync();
        Assert.Equal(0, await new Session { Variables = { ["MILL_TOKEN"] = "operator" } }.RunAsync("leave", "--data-dir", _directory.Path, "--yes"));
        Assert.Single(other.Seen);
    }

    [Fact]
    public async Task Where_nobody_answers_it_says_how_to_go_on()
    {
        var gone = await FakeMill.StartAsync();
        Write(gone.Address);
        await gone.DisposeAsync();
        var session = new Session { Variables = { ["MILL_TOKEN"] = "operator" } };
        Assert.Equal(9, await session.RunAsync("leave", "--data-dir", _directory.Path, "--yes"));
        Assert.Contains("mill remove n3 --address URL", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_asks_and_without_a_node_there_is_nothing_to_ask()
    {
        await using var mill = await StartAsync();
        var session = new Session { Variables = { ["MILL_TOKEN"] = "operator" } };
        Assert.Equal(3, await session.RunAsync("leave", "--data-dir", _directory.Path));
        Assert.Contains($"There is no node in {_directory.Path}", session.Error, StringComparison.Ordinal);
        Write(mill.Address);
        Assert.Equal(2, await session.RunAsync("leave", "--data-dir", _directory.Path));
        var no = new Session { IsTerminal = true, Input = "n\n"u8.ToArray(), Variables = { ["MILL_TOKEN"] = "operator" } };
        Assert.Equal(130, await no.RunAsync("leave", "--data-dir", _directory.Path));
        Assert.Contains(_directory.Path, no.Error, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_runs_here_is_waited_for_but_not_for_ever(bool ends)
    {
        await using var mill = await StartAsync();
        Write(mill.Address);
        var serving = new NodeDirectory(_directory.Path).Take();
        var time = new ManualTime();
        var session = new Session { Time = time, Variables = { ["MILL_TOKEN"] = "operator" } };
        var leaving = session.RunAsync("leave", "--data-dir", _directory.Path, "--yes");
        await ChangeReader.TickUntil(() => mill.Seen.Count > 0, () => { });
        Assert.False(leaving.IsCompleted);
        if (ends) serving.Dispose();
        await ChangeReader.TickUntil(() => leaving.IsCompleted, () => time.Advance(TimeSpan.FromMilliseconds(100)));
        serving.Dispose();
        Assert.Equal(0, await leaving);
        Assert.Equal(!ends, session.Error.Contains("once its server has stopped", StringComparison.Ordinal));
    }

    private async Task<FakeMill> StartAsync()
    {
        var mill = await FakeMill.StartAsync(_authority.Issue());
        mill.On(Call, "", 204);
        return mill;
    }

    private void Write(Uri self, params Uri[] others)
    {
        File.WriteAllText(_directory.File("ca.crt"), _authority.Certificate.ExportCertificatePem());
        new NodeFile
        {
            NodeId = Id,
            ClusterId = "c",
            NodeName = "n3",
            Address = self.Host,
            ApiPort = self.Port,
            PeerPort = 2380,
            Role = "both",
            Members = [new(Id, "n3", self.Host, self.Port, 2380, "both"), .. others.Select((other, index) => new Mill.Client.Contracts.MemberPlace($"fedcba987654321{index}", $"n{index}", other.Host, other.Port, 2380, "both"))],
        }.Write(_directory.Path);
    }
}
