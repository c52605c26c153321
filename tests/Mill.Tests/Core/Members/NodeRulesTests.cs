using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Members;

public sealed class NodeRulesTests
{
    private static readonly NodePlace Place = new("n9", "10.0.0.9", 7701, 7702, NodeRole.Both, "0.1.0");

    private static readonly ClusterState State = ClusterState.Empty.Apply(
    [
        new(new ClusterKey(), new ClusterRecord { Id = "c1", KeyId = "k", CreatedAt = new(1) }),
        new(new NodeKey(Samples.NodeId(1)), Samples.Node(1)),
    ]);

    [Fact]
    public void A_node_may_talk_while_it_is_there_in_its_cluster_with_its_role()
    {
        var identity = new NodeIdentity("c1", Samples.NodeId(1), NodeRole.Both);
        Assert.True(NodeRules.MayTalk(State, identity));
        Assert.False(NodeRules.MayTalk(State, identity with { ClusterId = "c2" }));
        Assert.False(NodeRules.MayTalk(State, identity with { Node = Samples.NodeId(2) }));
        Assert.False(NodeRules.MayTalk(State, identity with { Role = NodeRole.Api }));
        Assert.False(NodeRules.MayTalk(State.Apply([new(new NodeKey(Samples.NodeId(1)), null)]), identity));
        Assert.False(NodeRules.MayTalk(ClusterState.Empty, identity));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("2001:DB8:0::1", "2001:db8::1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", null)]
    [InlineData("::", null)]
    [InlineData("::ffff:0.0.0.0", null)]
    [InlineData("255.255.255.255", null)]
    [InlineData("224.0.0.1", null)]
    [InlineData("ff02::1", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("[::1]", null)]
    [InlineData("[::1]:80", null)]
    [InlineData("10.0.0.1:80", null)]
    [InlineData("10.1", null)]
    [InlineData("010.0.0.1", null)]
    [InlineData("167772161", null)]
    [InlineData(" 10.0.0.1", null)]
    [InlineData("example.com", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void An_address_has_one_text(string? text, string? normal) => Assert.Equal(normal, NodeRules.NormalAddress(text));

    [Theory]
    [InlineData("n1", true, true)]
    [InlineData("db-1.example.com", true, true)]
    [InlineData("db_1", true, false)]
    [InlineData("10.0.0.1", true, false)]
    [InlineData("a..b", true, false)]
    [InlineData("a-", true, false)]
    [InlineData("a.", true, false)]
    [InlineData("-a", false, false)]
    [InlineData(".a", false, false)]
    [InlineData("a b", false, false)]
    [InlineData("a*", false, false)]
    [InlineData("é", false, false)]
    [InlineData("", false, false)]
    public void A_name_is_plain_and_may_be_a_hosts(string name, bool isName, bool isHost) => Assert.Equal((isName, isHost), (NodeRules.IsName(name), NodeRules.IsHostName(name)));

    [Fact]
    public void A_long_label_or_name_is_none()
    {
        Assert.True(NodeRules.IsHostName(new string('a', 63)));
        Assert.False(NodeRules.IsHostName(new string('a', 64)));
        Assert.True(NodeRules.IsName(new string('a', 253)));
        Assert.False(NodeRules.IsName(new string('a', 254)));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        Assert.Equal(Place, NodeRules.Normal(Place));
        var refused = Assert.Throws<MillException>(() => NodeRules.Normal(new("", "nowhere", 0, 65536, (NodeRole)9, "1 2")));
        Assert.Equal(MillError.InvalidRequest, refused.Error);
        Assert.Equal(["/name", "/address", "/api_port", "/peer_port", "/role", "/version"], refused.Problems.Select(problem => problem.Pointer));
        Assert.Equal("/peer_port", Assert.Single(Assert.Throws<MillException>(() => NodeRules.Normal(Place with { PeerPort = 7701 })).Problems).Pointer);
    }

    [Theory]
    [InlineData("n2", "10.0.0.2", 7701, 7702, true)]
    [InlineData("n2", "10.0.0.1", 8701, 8702, true)]
    [InlineData("n1", "10.0.0.2", 7701, 7702, false)]
    [InlineData("N1", "10.0.0.2", 7701, 7702, false)]
    [InlineData("n2", "10.0.0.1", 7701, 8702, false)]
    [InlineData("n2", "10.0.0.1", 8701, 7702, false)]
    [InlineData("n2", "10.0.0.1", 7702, 8702, false)]
    [InlineData("n2", "10.0.0.1", 8701, 7701, false)]
    public void Two_nodes_share_neither_a_name_nor_a_port_of_an_address(string name, string address, int apiPort, int peerPort, bool isFree)
    {
        var place = Place with { Name = name, Address = address, ApiPort = apiPort, PeerPort = peerPort };
        var refused = Record.Exception(() => NodeRules.DemandFree(State, place));
        Assert.Equal(isFree ? null : MillError.AlreadyExists, (refused as MillException)?.Error);
        NodeRules.DemandFree(State, place, self: Samples.NodeId(1));
    }

    [Fact]
    public void Both_takes_the_others_in_and_only_an_api_node_needs_no_key()
    {
        NodeRole[] all = [NodeRole.Vault, NodeRole.Api, NodeRole.Both];
        var pairs = from role in all from other in all where role.Includes(other) select (role, other);
        Assert.Equal([(NodeRole.Vault, NodeRole.Vault), (NodeRole.Api, NodeRole.Api), (NodeRole.Both, NodeRole.Vault), (NodeRole.Both, NodeRole.Api), (NodeRole.Both, NodeRole.Both)], pairs);
        Assert.Equal([NodeRole.Vault, NodeRole.Both], all.Where(role => role.HoldsKey()));
        Assert.All(all, role => Assert.True(NodeRoles.TryParse(role.Text(), out var again) && again == role));
        Assert.False(NodeRoles.TryParse("Both", out _));
    }
}
