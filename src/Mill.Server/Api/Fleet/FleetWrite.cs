using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Mill.Core.Access;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Server.Http;

namespace Mill.Server.Api.Fleet;

/// <summary>A change of what runs, decided when its turn comes, and answered by what names it.</summary>
internal sealed class FleetWrite(Func<FleetDraft, ClusterState, string> decide, int size) : StateCommand<string>
{
    public override int Size => size;

    public override Decision<string> Decide(ClusterState state, Timestamp now)
    {
        var draft = new FleetDraft(state.Fleet, now, FleetDraft.Portion);
        var answer = decide(draft, state);
        return new(answer, draft.Changes);
    }

    public override string WriteAnswer(string answer, IdempotencyKey key) => answer;

    public override string ReadAnswer(string text, IdempotencyKey key) => text;

    /// <summary>Commits one, at most once under its key.</summary>
    /// <param name="request">All that tells this request from another. It may be guessed by whoever reads the store, as it stands there anyway.</param>
    public static async Task<string> CommitAsync(HttpContext http, FleetView fleet, Caller caller, Func<FleetDraft, ClusterState, string> decide, params string[] request)
    {
        var command = new FleetWrite(decide, request.Sum(part => part.Length)) { Idempotency = Remember(http, caller, request) };
        var (answer, revision, replayed) = await fleet.State.CommitAsync(command, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        return answer;
    }

    private static Idempotency? Remember(HttpContext http, Caller caller, string[] request)
    {
        if (WriteHeaders.Context(http).IdempotencyKey is not { } key) return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Each with its length, so that no two requests look alike.
        foreach (var part in (string[])[caller.Tenant.Value, .. request])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return new(new(caller.TokenId, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key)))), hash.GetHashAndReset());
    }
}
