using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>While the vault is sealed, looks for the right key again and again, so that putting it in its place is all an operator has to do.</summary>
internal sealed partial class SealWatch(KeyRing ring, IReplicatedState state, TimeProvider time, ILogger<SealWatch> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private string? _reason;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var wasSealed = false;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var status = ring.Status(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
            if (!status.IsSealed)
            {
                if (wasSealed) LogUnsealed(status.PresentKeyId!);
                return;
            }
            wasSealed = true;
            await TryLoadAsync(cancellationToken).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private async Task TryLoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            ring.Load();
            // A store that was started without a key is made a cluster as soon as there is one.
            var seen = await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false);
            if (seen.Cluster is null && ring.TryGet(out var key)) await state.CommitAsync(new Initialization(key.Id), cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            // Said once for each reason, not once a second.
            if (e.Message != _reason) LogNoKey(_reason = e.Message);
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "The vault is unsealed with key {KeyId}")]
    private partial void LogUnsealed(string keyId);

    [LoggerMessage(2002, LogLevel.Warning, "The vault stays sealed: {Reason}")]
    private partial void LogNoKey(string reason);
}
