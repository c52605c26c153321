using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Hosting.Cluster;
using Mill.State.Etcd;
using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Hosting;

/// <summary>What a node knows of the engines of the others.</summary>
public sealed class EngineNeighboursTests
{
    /// <summary>Nobody answers there.</summary>
    private const int NoPort = 1;

    [Fact]
    public async Task Of_a_node_that_does_not_answer_those_that_it_does_answer_tell()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        for (var number = 1; number <= 3; number++) cluster[number].Engine.Status = Status(number);
        var neighbours = Neighbours(cluster, cutOff: 2);

        Assert.Equal([Space(2) with { IsHearsay = true }, Space(3)], await neighbours.AskAsync(default));

        cluster[2].Engine.Status = Status(2) with { Defragmentation = Defragmentation.Running };
        var announced = (await neighbours.AskAsync(default))[0];
        Assert.True(announced is { IsHearsay: true, Defragmentation: Defragmentation.Running });

        // Nobody hears of what is lost.
        await cluster[2].App.StopAsync();
        Assert.Equal([null, Space(3)], await neighbours.AskAsync(default));
    }

    [Fact]
    public async Task A_node_that_tells_of_itself_whoever_is_asked_for_is_not_taken_for_another()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster[2].Engine.Status = Status(2);
        var older = (await cluster[2].From(cluster[1]).GetAsync("/peer/status")).Is(200).Text;
        await cluster.AddAsync(async http =>
        {
            http.Response.ContentType = "application/json";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, older.Replace(cluster[2].Id.Value, cluster[3].Id.Value, StringComparison.Ordinal));
        });
        Assert.Equal([null, Space(2)], await Neighbours(cluster, cutOff: 2).AskAsync(default));
    }

    private static EtcdNeighbours Neighbours(TestNodes cluster, int cutOff)
    {
        MemberPlace[] places = [.. Enumerable.Range(1, 3).Select(number => Place(cluster[number].Record, number == cutOff))];
        return new EngineNeighbours(new(cluster[1].Calls, cluster[1].Id, () => places, cluster.Time), static () => null).Describe();
    }

    private static MemberPlace Place(NodeRecord node, bool cutOff) => new(node.Id.Value, node.Name, node.Address, cutOff ? NoPort : node.ApiPort, node.PeerPort, node.Role.Text());

    private static EngineStatus Status(int number) => new("etcd", EngineState.Follower) { MemberId = $"{number}", DatabaseBytes = number, DatabaseQuotaBytes = 100 };

    private static MemberSpace Space(int number) => new((ulong)number, number, 100, Leads: number is 1, Defragmentation.None);
}
