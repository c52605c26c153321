using Microsoft.AspNetCore.Builder;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Orchestration;
using Mill.Server.Peers;
using Mill.Tests.Server.Fixture;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>One node: a real server on Kestrel with TLS, over its own view of who leads.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public required TestNodes Cluster { get; init; }

    public required NodeRecord Record { get; init; }

    public required CurrentCredentials Credentials { get; init; }

    public required WebApplication App { get; init; }

    public required CapturedLogs Logs { get; init; }

    public required PeerCalls Calls { get; init; }

    /// <summary>Not there on a node that holds no state.</summary>
    public Office Office { get; init; } = null!;

    public NodeState State { get; init; } = null!;

    /// <summary>Decides what runs, where it leads and is told to.</summary>
    public FleetOffice Containers { get; init; } = null!;

    /// <summary>What the containers of this node wrote.</summary>
    public INodeLogs? Wrote { get; set; }

    /// <summary>Runs programs in them.</summary>
    public INodeExec? Exec { get; set; }

    public FakeEngine Engine { get; } = new();

    /// <summary>Shows no certificate.</summary>
    public HttpClient Http { get; init; } = null!;

    public NodeId Id => Record.Id;

    public Uri Address => PeerPlace.Of(Record).Address;

    public PeerPlace Place => PeerPlace.Of(Record);

    public Api Operator => As(Cluster.OperatorToken);

    public Api As(string? token) => new(Http, token);

    /// <summary>Asks as another node would, with its certificate.</summary>
    public Api From(TestNode caller) => new(Listening.Client(Address, Cluster.Trust, Cluster.Time, caller.Credentials.Value.Certificate), Cluster.OperatorToken);

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        Http.Dispose();
        Calls.Dispose();
        await App.DisposeAsync();
    }
}
