namespace Mill.Core.Ports;

/// <summary>What a read needs.</summary>
/// <param name="Level">How fresh the state must be.</param>
/// <param name="Subject">What will be looked at; null for everything.</param>
/// <param name="IsConfirmed">What <see cref="IReplicatedState.TryConfirmAsync"/> said for the same level, since the request came.</param>
public readonly record struct StateRead(ReadLevel Level = ReadLevel.Linearizable, StateSubject? Subject = null, bool IsConfirmed = false)
{
    /// <summary>What is here, whatever it is.</summary>
    public static StateRead Local => new(ReadLevel.Local);
}
