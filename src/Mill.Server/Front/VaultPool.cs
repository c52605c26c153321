using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Peers;

namespace Mill.Server.Front;

/// <summary>The vault nodes that a front passes requests on to: the one that answered last first, those last that said nothing, or were late to say that they cannot.</summary>
/// <param name="first">Where vault nodes are, to begin with.</param>
/// <param name="isFixed">There are no others: they were named by whoever runs this front.</param>
public sealed partial class VaultPool(IReadOnlyList<PeerPlace> first, bool isFixed, PeerCalls calls, ILogger<VaultPool> logger)
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefreshAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Then a late vault is as good as any other again.</summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<PeerPlace, long> _late = new(); // since when
    private volatile IReadOnlyList<PeerPlace> _places = first;
    private volatile PeerPlace? _preferred;
    private volatile TaskCompletionSource _failed = NewSignal();
    private volatile byte[]? _authority;

    /// <summary>The certificate of the cluster's authority as a vault told it last, in DER; null before.</summary>
    public byte[]? Authority => _authority;

    /// <summary>All of them, in the order in which to try them.</summary>
    public IReadOnlyList<PeerPlace> InOrder()
    {
        var preferred = _preferred;
        // Of the late ones the one that was asked longest ago first: each has its turn.
        return [.. _places.OrderBy(place => IsLate(place) ? _late.GetValueOrDefault(place) : place == preferred ? long.MinValue : long.MinValue + 1)];
    }

    /// <summary>Whether it said nothing the last time, not long ago, or was late to say that it cannot.</summary>
    internal bool IsLate(PeerPlace place) => _late.TryGetValue(place, out var since) && calls.Time.GetElapsedTime(since) < Lateness;

    /// <summary>Keeps the list up to date where it may change, and what the vaults tell besides, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            _failed = NewSignal();
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
            await _failed.Task.WaitAsync(RefreshEvery, calls.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(RefreshAfterFailure, calls.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal void Answered(PeerPlace place)
    {
        _late.TryRemove(place, out _);
        if (_preferred != place) _preferred = place;
    }

    /// <param name="othersFirst">It cannot be reached, does not answer, or took its time to say that it cannot.</param>
    internal void Failed(PeerPlace place, bool othersFirst)
    {
        if (othersFirst) _late[place] = calls.Time.GetTimestamp();
        else _late.TryRemove(place, out _);
        if (_preferred == place) _preferred = null;
        _failed.TrySetResult();
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        foreach (var place in InOrder())
        {
            if (await AskAsync(place, cancellationToken).ConfigureAwait(false) is not { } answer) continue;
            _late.TryRemove(place, out _);
            _authority = answer.Authority;
            if (isFixed) return;
            PeerPlace[] vaults = [.. answer.Members.Where(member => NodeRoles.TryParse(member.Role, out var role) && role.HoldsKey()).Select(PeerPlace.Of)];
            if (vaults.Length == 0) continue;
            if (!vaults.ToHashSet().SetEquals(_places)) LogPlaces(string.Join(", ", vaults.Select(vault => vault.ToString())));
            _places = vaults;
            foreach (var gone in _late.Keys.Except(vaults)) _late.TryRemove(gone, out _);
            return;
        }
    }

    private async Task<MemberPlaces?> AskAsync(PeerPlace place, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, calls.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await calls.GetAsync<MemberPlaces>(place, PeerPaths.Members, null, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            if (cancellationToken.IsCancellationRequested) return null;
            LogNotAsked(place, PeerAnswer.Reason(e));
            if (e is OperationCanceledException or MillException { Error: MillError.Unreachable }) _late[place] = calls.Time.GetTimestamp();
            return null;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(1020, LogLevel.Information, "The vault nodes are at {Places}")]
    private partial void LogPlaces(string places);

    [LoggerMessage(1021, LogLevel.Information, "The vault node at {Place} did not say which nodes there are: {Reason}")]
    private partial void LogNotAsked(PeerPlace place, string reason);
}
