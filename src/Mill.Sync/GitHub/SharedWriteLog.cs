using System.Collections.Immutable;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>
/// When changes were made, and until when GitHub wants to be left alone, noted in the vault, so that programs that use it share GitHub's limits: one after the other, or at the same time. Where the vault does not
/// give it, or does not take it, each counts alone: that is no reason to push nothing.
/// </summary>
public sealed class SharedWriteLog(IWriteTimesStore store, TimeProvider time)
{
    private const int MostTries = 5;

    private WriteTimes _stored = WriteTimes.None;
    private ImmutableArray<DateTimeOffset> _own = []; // and not stored
    private int? _version;

    /// <summary>Without asking anybody.</summary>
    internal WriteTimes Known => All(time.GetUtcNow());

    /// <summary>Asks what is known.</summary>
    internal Task ReadAsync(CancellationToken cancellationToken) => TryReadAsync(cancellationToken);

    /// <summary>Notes a change that comes now. False where somebody else noted something meanwhile: nothing is noted then, and <see cref="Known"/> says more than before.</summary>
    internal async Task<bool> TryNoteAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        var before = _own;
        _own = _own.Add(at);
        try
        {
            await WriteAsync(All(at), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MillException e) when (e.Error is MillError.PreconditionFailed)
        {
            if (!await TryReadAsync(cancellationToken).ConfigureAwait(false)) return true;
            _own = before;
            return false;
        }
        catch (MillException)
        {
            return true;
        }
    }

    /// <summary>Notes that GitHub wants nothing more before that time.</summary>
    internal async Task BlockAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        for (var tries = 1; tries <= MostTries; tries++)
        {
            var known = Known;
            if (known.BlockedUntil >= until) return;
            try
            {
                await WriteAsync(known with { BlockedUntil = until }, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MillException e) when (e.Error is MillError.PreconditionFailed)
            {
                if (!await TryReadAsync(cancellationToken).ConfigureAwait(false)) return;
            }
            catch (MillException)
            {
                return;
            }
        }
    }

    private async Task WriteAsync(WriteTimes times, CancellationToken cancellationToken)
    {
        _version = await store.WriteTimesAsync(times, _version, cancellationToken).ConfigureAwait(false);
        (_stored, _own) = (times, []);
    }

    private async Task<bool> TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = await store.ReadTimesAsync(cancellationToken).ConfigureAwait(false);
            (_stored, _version) = (found?.Times ?? WriteTimes.None, found?.Version);
            return true;
        }
        catch (MillException)
        {
            return false;
        }
    }

    private WriteTimes All(DateTimeOffset now) => (_stored with { Writes = _stored.Writes.AddRange(_own) }).Counting(now);
}

/// <summary>Where the times of changes at one GitHub are kept. Throws <see cref="MillException"/>.</summary>
public interface IWriteTimesStore
{
    /// <summary>Null where there are none yet.</summary>
    Task<StoredWriteTimes?> ReadTimesAsync(CancellationToken cancellationToken);

    /// <summary>Returns the new version. Throws <see cref="MillError.PreconditionFailed"/> where somebody else wrote meanwhile.</summary>
    /// <param name="expected">The version that was read; null where there was none.</param>
    Task<int> WriteTimesAsync(WriteTimes times, int? expected, CancellationToken cancellationToken);
}

public sealed record StoredWriteTimes(WriteTimes Times, int Version);
