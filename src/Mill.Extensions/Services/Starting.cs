using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Services;

/// <summary>How far one look at the secrets got.</summary>
/// <param name="Error">Null where everything was read as it is now.</param>
/// <param name="HasValues">True where there is something to begin with.</param>
internal readonly record struct Look(SecretProviderException? Error, bool HasValues);

/// <summary>A bounded start: looks again and again until what is demanded is there, refused, or late.</summary>
internal static class Starting
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>Throws <see cref="SecretProviderException"/> where what <see cref="MillSecretsOptions.Start"/> demands was not there in time.</summary>
    /// <param name="lookAsync">Must end with its token.</param>
    public static async Task RunAsync(MillSecretsOptions options, Func<CancellationToken, Task<Look>> lookAsync, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.StartTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var waiting = new Waiting(FirstWait, LongestWait, options.Time);
        var last = default(Look?);
        while (!either.IsCancellationRequested)
        {
            try
            {
                var look = await lookAsync(either.Token).ConfigureAwait(false);
                // One that was cut off says less than the one before it.
                if (look.Error is not null && last is not null && either.IsCancellationRequested) break;
                last = look;
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                break;
            }
            if (last is { Error: null } || options.Start is SecretStart.Optional) return;
            if (last is { Error: (SecretConfigurationException or SecretUnsupportedException) and var refusal }) throw Refused(options, refusal);
            await waiting.WaitAsync(either.Token).ConfigureAwait(false);
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (options.Start is SecretStart.Optional || (options.Start is SecretStart.LastGood && last is { HasValues: true })) return;
        throw Late(options, last?.Error);
    }

    private static SecretConfigurationException Refused(MillSecretsOptions options, SecretProviderException reason) =>
        new(reason.Provider, $"The secrets of {options.Name} are needed to start, and will not come from {reason.Provider}: {reason.Message}", reason) { Hint = reason.Hint };

    private static SecretUnavailableException Late(MillSecretsOptions options, SecretProviderException? reason) => reason is null
        ? new(options.Name, $"The secrets of {options.Name} are needed to start, and it did not answer within {options.StartTimeout.TotalSeconds:0.###} s.", null, MillError.Unreachable)
        : new(reason.Provider, $"The secrets of {options.Name} are needed to start, and did not come from {reason.Provider} within {options.StartTimeout.TotalSeconds:0.###} s: {reason.Message}", reason, reason.Error) { Hint = reason.Hint };
}
