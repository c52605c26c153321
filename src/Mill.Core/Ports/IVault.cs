using Mill.Core.Access;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>
/// The vault: the only authority on which secrets exist, and the only part that can open them. Every call enforces what its caller may see:
/// what lies outside answers exactly as if it did not exist.
/// </summary>
/// <remarks>Throws <see cref="MillException"/>: <see cref="MillError.NotFound"/>, <see cref="MillError.Forbidden"/>, <see cref="MillError.PreconditionFailed"/>,
/// <see cref="MillError.IdempotencyMismatch"/>, <see cref="MillError.VaultSealed"/>, <see cref="MillError.RecordRejected"/>, and those of <see cref="IReplicatedState"/>.</remarks>
public interface IVault
{
    /// <summary>Whether values can be read and anything be written.</summary>
    ValueTask<SealStatus> GetSealStatusAsync(CancellationToken cancellationToken);

    /// <summary>How the vault is doing, as far as the caller may see it.</summary>
    ValueTask<Observed<VaultStatus>> GetStatusAsync(Caller caller, ReadLevel level, CancellationToken cancellationToken);

    /// <summary>How much there is, for the metrics: to operators in all tenants, to others in what they see of their own.</summary>
    ValueTask<Observed<StateTotals>> GetTotalsAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>One value. The caller disposes it.</summary>
    ValueTask<Observed<SecretReading>> ReadAsync(Caller caller, ReadSecret request, CancellationToken cancellationToken);

    /// <summary>Names of secrets that exist, in ordinal order.</summary>
    ValueTask<Observed<SecretPage>> ListAsync(Caller caller, ListSecrets request, CancellationToken cancellationToken);

    /// <summary>Versions of one secret, newest first, without values.</summary>
    ValueTask<Observed<HistoryPage>> ReadHistoryAsync(Caller caller, ReadHistory request, CancellationToken cancellationToken);

    Task<Committed<SetAnswer>> SetAsync(Caller caller, SetSecret request, WriteContext context, CancellationToken cancellationToken);

    Task<Committed<Done>> DeleteAsync(Caller caller, DeleteSecret request, WriteContext context, CancellationToken cancellationToken);

    Task<Committed<Done>> DestroyAsync(Caller caller, DestroyVersions request, WriteContext context, CancellationToken cancellationToken);

    /// <summary>Several sets and deletes at one instant, or none of them.</summary>
    Task<Committed<TransactionAnswer>> TransactAsync(Caller caller, Transaction request, WriteContext context, CancellationToken cancellationToken);

    /// <summary>
    /// A file with values in the place of its references, all from one state. The caller disposes it. Throws <see cref="MillError.InvalidEnv"/> or
    /// <see cref="MillError.UnresolvedReferences"/> with everything that is wrong.
    /// </summary>
    ValueTask<Observed<EnvExpansion>> ExpandEnvAsync(Caller caller, ExpandEnv request, CancellationToken cancellationToken);

    /// <summary>
    /// Stores every <c>enc(NAME)</c> of a file at one instant, or nothing of it. The caller disposes the answer. Throws <see cref="MillError.InvalidEnv"/> or
    /// <see cref="MillError.UnresolvedReferences"/> with everything that is wrong, and <see cref="MillError.TooLarge"/>.
    /// </summary>
    Task<Committed<EncryptedEnv>> EncryptEnvAsync(Caller caller, EncryptEnv request, WriteContext context, CancellationToken cancellationToken);

    /// <summary>What <see cref="EncryptEnvAsync"/> would answer now; nothing is stored.</summary>
    ValueTask<Observed<EncryptedEnv>> PreviewEncryptEnvAsync(Caller caller, EncryptEnv request, CancellationToken cancellationToken);

    /// <summary>
    /// What happens to the secrets the caller sees, after a revision or from now on; until cancelled. A step is given for every revision, even where
    /// the caller sees nothing of it, so that a watcher always knows where it stands; from now on begins with one that says what now is.
    /// </summary>
    IAsyncEnumerable<WatchStep> WatchAsync(Caller caller, string prefix, long? afterRevision, CancellationToken cancellationToken);

    ValueTask<Observed<RetentionRecord>> ReadRetentionAsync(Caller caller, CancellationToken cancellationToken);

    Task<Committed<Done>> SetRetentionAsync(Caller caller, RetentionRecord retention, WriteContext context, CancellationToken cancellationToken);

    /// <summary>Reads the whole store anew, walks every history's links and opens every record.</summary>
    Task<VerifyReport> VerifyAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>
    /// Everything there is, in all tenants, at one revision, still sealed. Needs no master key. Throws <see cref="MillError.NotReady"/> where there is nothing yet. It is taken at once, and
    /// written when the caller likes.
    /// </summary>
    ValueTask<StateBackup> BackUpAsync(Caller caller, BackupOrigin origin, CancellationToken cancellationToken);
}

/// <summary>Which request a write belongs to, and the key under which its answer is remembered.</summary>
public sealed record WriteContext(string RequestId, string? IdempotencyKey = null);

/// <summary>Sealed: the master key is missing or is not the one the records need. Key ids say which is which.</summary>
public sealed record SealStatus(bool IsSealed, string? NeededKeyId, string? PresentKeyId, string? Reason);

/// <summary>How the vault is doing. Only what the caller sees is counted: a number can tell, too.</summary>
public sealed record VaultStatus(SealStatus Seal, long Secrets, long Versions);

public sealed record StateTotals(SealStatus Seal, long Secrets, long Versions, long Tokens);

/// <summary>Which version: by number, by moment, or, with neither, the current one.</summary>
public sealed record ReadSecret(SecretName Name, int? Version = null, Timestamp? At = null, ReadLevel Level = ReadLevel.Linearizable);

/// <summary>A version and its value.</summary>
public sealed record SecretReading(VersionInfo Version, SecretValue Value) : IDisposable
{
    public void Dispose() => Value.Dispose();
}

public sealed record ListSecrets(string Prefix = "", string After = "", int Limit = ListSecrets.DefaultLimit, ReadLevel Level = ReadLevel.Linearizable)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;
}

/// <summary>A page of versions that are current. <paramref name="Next"/> is where to go on, or null at the end.</summary>
public sealed record SecretPage(IReadOnlyList<VersionInfo> Secrets, string? Next);

public sealed record ReadHistory(SecretName Name, int? Before = null, int Limit = ListSecrets.DefaultLimit, ReadLevel Level = ReadLevel.Linearizable);

/// <summary>A page of versions, newest first. <paramref name="Next"/> is the <c>before</c> of the next page, or null at the end.</summary>
public sealed record HistoryPage(SecretName Name, IReadOnlyList<VersionInfo> Versions, int? Next);

/// <summary>What must hold for a write to happen.</summary>
public readonly record struct WritePrecondition(bool IfAbsent = false, int? IfVersion = null);

/// <param name="Force">Append a version even if the value is already current.</param>
public sealed record SetSecret(SecretName Name, SecretValue Value, ValueKind Kind, WritePrecondition Precondition = default, bool Force = false)
{
    /// <summary>Of a value, in bytes.</summary>
    public const int MaxSize = 256 * 1024;
}

public sealed record SetAnswer(string Name, int Version, long ValidFrom, bool Changed, bool Created);

public sealed record DeleteSecret(SecretName Name, WritePrecondition Precondition = default);

/// <param name="Versions">Which versions; null means all, which deletes the secret too.</param>
public sealed record DestroyVersions(SecretName Name, IReadOnlyList<int>? Versions);

/// <summary>Nothing to say but that it is done.</summary>
public sealed record Done;

/// <summary>One set or, with no value, one delete.</summary>
public sealed record TransactionOperation(SecretName Name, SecretValue? Value, ValueKind Kind, WritePrecondition Precondition = default);

public sealed record Transaction(IReadOnlyList<TransactionOperation> Operations)
{
    public const int MaxOperations = 256;
}

/// <summary>What each operation did, in their order, and the one instant they all happened at (the latest one, where nothing changed).</summary>
public sealed record TransactionAnswer(IReadOnlyList<OperationAnswer> Results, long ValidFrom);

public sealed record OperationAnswer(string Name, int Version, bool Changed, bool Deleted);

public enum SecretEventKind
{
    Added,
    Rotated,
    Removed,

    /// <summary>Events in between are not known any more: list again.</summary>
    Reset,
}

public sealed record SecretEvent(SecretEventKind Kind, string Name, int Version);

/// <summary>All that one revision brought.</summary>
public sealed record WatchStep(long Revision, IReadOnlyList<SecretEvent> Events);

/// <summary>What a full check found. Sound if <paramref name="Problems"/> is empty.</summary>
public sealed record VerifyReport(long Revision, int Secrets, int Versions, int Opened, int Destroyed, IReadOnlyList<string> Problems);
