using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>Where the value of a wanted secret comes from.</summary>
/// <param name="Secret">Its name in the vault.</param>
/// <param name="Version">The current one; null where the vault has no such secret.</param>
public sealed record SyncSource(string Secret, int? Version)
{
    /// <summary>Null as long as nobody looked at the value: it then counts as another one.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Why it cannot be sent, whatever there is to do; null where it can.</summary>
    public SyncRefusal? Refusal { get; init; }
}

/// <param name="Reason">A part of a sentence.</param>
public sealed record SyncRefusal(MillError Error, string Reason);
