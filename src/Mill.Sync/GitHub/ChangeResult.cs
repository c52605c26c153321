using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>What came of a <see cref="GuardedChange"/>.</summary>
internal abstract record ChangeResult
{
    /// <summary>Something was sent, and nobody knows that it did nothing.</summary>
    public bool IsInDoubt { get; init; }
}

/// <param name="Found">What was there right before; null where nothing was.</param>
internal sealed record SecretSet(RemoteSecret? Found, SecretWrite Write) : ChangeResult;

/// <summary>It is gone, or was before.</summary>
internal sealed record SecretDeleted : ChangeResult;

/// <summary>What is there was not to be touched.</summary>
internal sealed record SecretLeft : ChangeResult;

/// <summary>Nobody wanted the change any longer when it was time.</summary>
internal sealed record NotWanted : ChangeResult;

internal sealed record NotChanged(MillException Failure) : ChangeResult;

/// <summary>What was written.</summary>
/// <param name="UpdatedAt">Of what was written here.</param>
/// <param name="IsCertain">Whether that is what is there now, as far as times tell it.</param>
internal sealed record SecretWrite(DateTimeOffset UpdatedAt, bool IsCertain)
{
    /// <summary>Somebody else wrote it since.</summary>
    public bool IsReplaced { get; init; }

    /// <summary>There was nothing at the last look, and something when it was set: somebody else wrote in between, and that is lost.</summary>
    public bool HasReplacedAnother { get; init; }
}
