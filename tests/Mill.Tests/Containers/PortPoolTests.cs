using System.Net;
using System.Net.Sockets;
using Mill.Node.Agent;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class PortPoolTests
{
    [Fact]
    public void Ports_are_given_once_and_from_where_outgoing_connections_take_none()
    {
        var pool = new PortPool();
        var ports = Enumerable.Range(0, 50).Select(_ => pool.Take()).ToList();
        Assert.Equal(50, ports.Distinct().Count());
        Assert.All(ports, port => Assert.InRange(port, 20000, 32767));
    }

    [Fact]
    public void Where_none_is_left_it_says_so_and_what_is_given_back_is_given_again()
    {
        var pool = new PortPool();
        for (var port = PortPool.First; port <= PortPool.Last; port++) pool.Reserve(port);
        Assert.Equal(MillError.NoRoom, Assert.Throws<MillException>(() => pool.Take()).Error);

        var free = Enumerable.Range(PortPool.First, 100).First(PortPool.IsFree);
        pool.Return(free);
        Assert.Equal(free, pool.Take());
    }

    /// <summary>Several agents may share a machine, and a container does not listen at once.</summary>
    [Fact]
    public void Not_every_pool_begins_at_the_same_place() => Assert.True(Enumerable.Range(0, 5).Select(_ => new PortPool().Take()).Distinct().Count() > 1);

    [Fact]
    public void What_somebody_listens_on_is_not_free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Assert.False(PortPool.IsFree(((IPEndPoint)listener.LocalEndpoint).Port));
    }
}
