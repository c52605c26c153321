using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>While the vault is sealed, looks for the right key again and again, so that putting it in its place is all an operator has to do.</summary>
internal sealed partial class SealWatch(KeyRing ring, IReplicatedState state, TimeProvider time, ILogger<SealWatch> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var wasSealed = false;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            var status = ring.Status(await state.ReadAsync(cancellationToken).ConfigureAwait(false));
            if (!status.IsSealed)
            {
                if (wasSealed) LogUnsealed(status.PresentKeyId!);
                return;
            }
            wasSealed = true;
            TryLoad();
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    private void TryLoad()
    {
        try
        {
            ring.Load();
        }
        catch (MillException e)
        {
            LogNoKey(e.Message);
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "The vault is unsealed with key {KeyId}")]
    private partial void LogUnsealed(string keyId);

    [LoggerMessage(2002, LogLevel.Warning, "The vault stays sealed: {Reason}")]
    private partial void LogNoKey(string reason);
}
