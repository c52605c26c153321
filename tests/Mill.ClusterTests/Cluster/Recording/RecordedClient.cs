using System.Globalization;
using System.Text;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Secrets;
using Mill.Testing.Histories;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>A client of one node that writes down what it asked for and what it was told.</summary>
internal sealed class RecordedClient(int number, string node, MillClient client, HistoryRecorder recorder) : IDisposable
{
    /// <summary>What came of a call.</summary>
    public enum Outcome
    {
        Answered,

        /// <summary>It did not happen, and is in no history.</summary>
        Refused,

        /// <summary>A write that may have happened.</summary>
        Unknown,
    }

    public async Task<Outcome> CallAsync(SecretCall call)
    {
        var invoked = recorder.Now();
        try
        {
            recorder.Add(number, call, await SendAsync(call), invoked);
            return Outcome.Answered;
        }
        catch (MillException e)
        {
            return Record(call, e, invoked);
        }
    }

    public void Dispose() => client.Dispose();

    private Outcome Record(SecretCall call, MillException failure, long invoked)
    {
        SecretAnswer? answer = failure.Error switch
        {
            MillError.NotFound => new SecretAnswer.NotFound(),
            MillError.PreconditionFailed when call is SecretCall.Transact => new SecretAnswer.PreconditionFailed(null, Failed(failure)),
            MillError.PreconditionFailed => new SecretAnswer.PreconditionFailed(failure.CurrentVersion),
            MillError.IdempotencyMismatch => new SecretAnswer.KeyMismatch(),
            MillError.InvalidRequest when call is SecretCall.GetAt => new SecretAnswer.TooEarly(),
            _ => null,
        };
        if (answer is not null)
        {
            recorder.Add(number, call, answer, invoked);
            return Outcome.Answered;
        }
        if (failure.Error is MillError.Internal || !failure.IsTransient) recorder.Surprise($"{node} answered {call} with {failure.Error}: {failure.Message}");
        // Every other refusal promises that nothing happened, and the checker holds it to that.
        if (!call.IsWrite || failure.Error is not (MillError.OutcomeUnknown or MillError.Internal)) return Outcome.Refused;
        recorder.Add(number, call, answer: null, invoked);
        return Outcome.Unknown;
    }

    private async Task<SecretAnswer> SendAsync(SecretCall call)
    {
        switch (call)
        {
            case SecretCall.Set set:
                {
                    using var value = SecretValue.FromText(set.Value);
                    var options = new WriteOptions { IfAbsent = set.Condition.IfAbsent, IfVersion = set.Condition.IfVersion, Force = set.Force, IdempotencyKey = set.Key };
                    var written = await client.SetAsync(set.Name, value, options);
                    return new SecretAnswer.Written(written.Version, Moments.From(written.ValidFrom), written.Changed);
                }
            case SecretCall.Delete delete:
                await client.DeleteAsync(delete.Name, delete.Condition.IfVersion);
                return new SecretAnswer.Deleted();
            case SecretCall.Transact transact:
                {
                    using var request = new TransactionRequest { Operations = [.. transact.Changes.Select(ToOperation)] };
                    var done = await client.CommitAsync(request);
                    return new SecretAnswer.Committed([.. done.Results.Select(result => new ChangeAnswer(result.Version, result.Changed))], Moments.From(done.ValidFrom));
                }
            case SecretCall.History history:
                return new SecretAnswer.Versions([.. (await client.GetHistoryAsync(history.Name, limit: history.Limit)).Versions.Select(Moments.Seen)]);
            case SecretCall.GetVersion get:
                return await ReadAsync(get.Name, get.Version, at: null);
            case SecretCall.GetAt get:
                return await ReadAsync(get.Name, version: null, Moments.ToTime(get.Moment));
            case SecretCall.Get get:
                return await ReadAsync(get.Name, version: null, at: null);
            default:
                throw new ArgumentOutOfRangeException(nameof(call));
        }
    }

    private async Task<SecretAnswer> ReadAsync(string name, int? version, DateTimeOffset? at)
    {
        using var found = await client.GetAsync(name, version, at);
        var value = found.Value!.Reveal(static bytes => Encoding.UTF8.GetString(bytes));
        return new SecretAnswer.Found(new(found.Version, found.State, Moments.From(found.ValidFrom), found.ValidTo is { } end ? Moments.From(end) : null), value);
    }

    private static TransactionRequestOperation ToOperation(Change change) => new()
    {
        Op = change.Value is null ? "delete" : "set",
        Name = change.Name,
        Value = change.Value is { } text ? SecretValue.FromText(text) : null,
        IfVersion = change.Condition.IfVersion,
        IfAbsent = change.Condition.IfAbsent ? true : null,
    };

    /// <summary>The places of the operations that stood in the way: each problem points at one.</summary>
    private static string Failed(MillException failure) => string.Join(
        ',', failure.Problems.Select(problem => problem.Pointer!.Split('/')[2]).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).Distinct().Order());
}
