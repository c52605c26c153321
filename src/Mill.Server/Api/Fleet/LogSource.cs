using System.Runtime.CompilerServices;
using System.Text.Json;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Peers;

namespace Mill.Server.Api.Fleet;

/// <summary>What one container wrote, from its node.</summary>
internal sealed class LogSource(FleetParts parts, ClusterParts? cluster, FleetView view, TimeProvider time)
{
    /// <summary>For the head of an answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>A node that is there says something every 15 seconds.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(40);

    public string NameOf(ClusterState seen, AllocRecord alloc) => view.NameOf(seen, alloc.Node);

    /// <summary>As <see cref="INodeLogs.ReadAsync"/>. Throws <see cref="MillError.NotFound"/> where nothing is kept of it, <see cref="MillError.Unreachable"/> where its node is not there.</summary>
    public IAsyncEnumerable<AllocLine> ReadAsync(ClusterState seen, AllocRecord alloc, int tail, bool follow, CancellationToken cancellationToken)
    {
        if (cluster is null || cluster.Self == alloc.Node) return (parts.Logs() ?? throw NotKept(alloc)).ReadAsync(alloc.Id, tail, follow, cancellationToken);
        return seen.Nodes.TryGetValue(alloc.Node, out var node) ? FromPeerAsync(cluster.Calls, PeerPlace.Of(node), PeerPaths.LogOf(alloc.Id, tail, follow), cancellationToken) : throw NotKept(alloc);
    }

    /// <summary>The state when something that runs has changed, or something else is done.</summary>
    public async Task<ClusterState> NextAsync(ClusterState seen, Task or, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var change = ChangeAsync(seen, stop.Token);
        await Task.WhenAny(change, or).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await change.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Whoever asks again and again would never come to an end.
        cancellationToken.ThrowIfCancellationRequested();
        return await view.ReadLocalAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ChangeAsync(ClusterState seen, CancellationToken cancellationToken)
    {
        await foreach (var _ in view.State.FollowAsync(seen.Revision, cancellationToken).ConfigureAwait(false))
        {
            if (!ReferenceEquals((await view.ReadLocalAsync(cancellationToken).ConfigureAwait(false)).Fleet, seen.Fleet)) return;
        }
    }

    private static MillException NotKept(AllocRecord alloc) => new(MillError.NotFound, $"Nothing is kept of what {alloc.Id} wrote.");

    private async IAsyncEnumerable<AllocLine> FromPeerAsync(PeerCalls calls, PeerPlace place, string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(place.Address, path));
        using var response = await OpenAsync(calls, place, request, cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        while (await LineAsync(reader, place, cancellationToken).ConfigureAwait(false) is { } text)
        {
            // An empty one says that the node is there.
            if (text.Length > 0 && JsonSerializer.Deserialize(text, PeerJson.Default.AllocLine) is { } line) yield return line;
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(PeerCalls calls, PeerPlace place, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var response = await calls.SendAsync(place, request, either.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                using var body = await PeerAnswer.ReadAsync(response, either.Token).ConfigureAwait(false);
                throw PeerAnswer.Failure(place, response, body.WrittenSpan);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Lost(place, e);
        }
    }

    private async Task<string?> LineAsync(StreamReader reader, PeerPlace place, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await reader.ReadLineAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Lost(place, e);
        }
    }

    private static MillException Lost(PeerPlace place, Exception cause) => new(MillError.Unreachable, $"{place} cannot be reached: {PeerAnswer.Reason(cause)}", cause);
}
