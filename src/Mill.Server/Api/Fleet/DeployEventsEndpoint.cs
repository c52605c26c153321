using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api.Fleet;

/// <summary>A deploy as it goes on, as server-sent events.</summary>
internal sealed class DeployEventsEndpoint(Authentication authentication, FleetView fleet, OpenStreams streams, TimeProvider time, ServerShutdown shutdown)
{
    /// <summary>How far a pull has come is nobody's news: it is looked at.</summary>
    private static readonly TimeSpan PullEvery = TimeSpan.FromSeconds(1);

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/deploys/{number}/events", FollowAsync);

    private async Task FollowAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ReadServices);
        QueryArguments.Of(http);
        var number = DeployEndpoints.NumberOf(http);
        var seen = await fleet.ReadAsync(http, caller, ReadLevel.Linearizable).ConfigureAwait(false);
        DeployEndpoints.Demand(seen.Fleet, number, DeployEndpoints.WhoseOf(caller));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shutdown.Token);
        await streams.RunAsync(caller, async () =>
        {
            try
            {
                await StreamAsync(http, caller, number, seen, stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (shutdown.Token.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
            {
                // The server stops: the stream ends properly, and the client takes it up elsewhere.
            }
        }).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext http, Caller caller, int number, ClusterState seen, CancellationToken cancellationToken)
    {
        var events = new EventWriter(http, http.RequestAborted);
        events.Begin();
        var (told, last) = (Array.Empty<byte>(), time.GetTimestamp());
        // What is collected in the meantime was over.
        while (seen.Fleet.Deploys.TryGetValue(number, out var deploy))
        {
            var isPulling = !deploy.IsOver && DeployViews.IsPulling(deploy, seen.Fleet);
            var live = isPulling ? await fleet.LiveAsync(seen, cancellationToken).ConfigureAwait(false) : LiveView.Empty;
            var now = JsonSerializer.SerializeToUtf8Bytes(DeployViews.ToResponse(deploy, fleet, seen, live), ApiJson.Strict.TypeInfo<DeployResponse>());
            if (deploy.IsOver || !now.AsSpan().SequenceEqual(told))
            {
                // Whoever may no longer ask is no longer told.
                AccessRules.Demand(await authentication.DemandAsync(http).ConfigureAwait(false), Verb.ReadServices);
                await events.WriteJsonAsync(deploy.IsOver ? "done" : "progress", now).ConfigureAwait(false);
                if (deploy.IsOver) return;
                (told, last) = (now, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(last) >= EventWriter.Heartbeat)
            {
                await events.BeatAsync().ConfigureAwait(false);
                last = time.GetTimestamp();
            }
            var rest = EventWriter.Heartbeat - time.GetElapsedTime(last);
            seen = await NextAsync(seen, isPulling && PullEvery < rest ? PullEvery : rest, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The state when something that runs has changed, or as it is after a while.</summary>
    private async Task<ClusterState> NextAsync(ClusterState seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await foreach (var _ in fleet.State.FollowAsync(seen.Revision, either.Token).ConfigureAwait(false))
            {
                var now = await fleet.ReadLocalAsync(either.Token).ConfigureAwait(false);
                if (!ReferenceEquals(now.Fleet, seen.Fleet)) return now;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time has come.
        }
        return await fleet.ReadLocalAsync(cancellationToken).ConfigureAwait(false);
    }
}
