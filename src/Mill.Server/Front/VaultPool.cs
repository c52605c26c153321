using Microsoft.Extensions.Logging;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Peers;

namespace Mill.Server.Front;

/// <summary>The vault nodes that a front passes requests on to, the one that answered last first.</summary>
/// <param name="first">Where vault nodes are, to begin with.</param>
/// <param name="isFixed">There are no others: they were named by whoever runs this front.</param>
public sealed partial class VaultPool(IReadOnlyList<PeerPlace> first, bool isFixed, PeerCalls calls, ILogger<VaultPool> logger)
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefreshAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile IReadOnlyList<PeerPlace> _places = first;
    private volatile PeerPlace? _preferred;
    private volatile TaskCompletionSource _failed = NewSignal();

    /// <summary>All of them, in the order in which to try them.</summary>
    public IReadOnlyList<PeerPlace> InOrder()
    {
        var (places, preferred) = (_places, _preferred);
        return preferred is null || !places.Contains(preferred) ? places : [preferred, .. places.Where(place => place != preferred)];
    }

    /// <summary>Keeps the list up to date, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (isFixed) await Task.Delay(Timeout.InfiniteTimeSpan, calls.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        if (_preferred != place) _preferred = place;
    }

    internal void Failed(PeerPlace place)
    {
        if (_preferred == place) _preferred = null;
        _failed.TrySetResult();
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        foreach (var place in InOrder())
        {
            if (await AskAsync(place, cancellationToken).ConfigureAwait(false) is not { } answer) continue;
            PeerPlace[] vaults = [.. answer.Members.Where(member => NodeRoles.TryParse(member.Role, out var role) && role.HoldsKey()).Select(PeerPlace.Of)];
            if (vaults.Length == 0) continue;
            if (!vaults.ToHashSet().SetEquals(_places)) LogPlaces(string.Join(", ", vaults.Select(vault => vault.ToString())));
            _places = vaults;
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
            if (!cancellationToken.IsCancellationRequested) LogNotAsked(place, PeerAnswer.Reason(e));
            return null;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(1020, LogLevel.Information, "The vault nodes are at {Places}")]
    private partial void LogPlaces(string places);

    [LoggerMessage(1021, LogLevel.Information, "The vault node at {Place} did not say which nodes there are: {Reason}")]
    private partial void LogNotAsked(PeerPlace place, string reason);
}
