using System.Text;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing.Histories;

namespace Mill.Simulation.Cluster;

/// <summary>Has a node do what a client asks, and says what it answered in the words of the model.</summary>
internal static class ClientRequests
{
    public static Caller Caller { get; } = new("token", "client", Role.Operator, TenantId.Default);

    public static async Task<SecretAnswer> SendAsync(SimulatedProcess process, SecretCall call, ReadLevel level, string request, CancellationToken cancellationToken)
    {
        try
        {
            return call.IsWrite
                ? await process.Forwarder.DoAsync($"{call}", leader => WriteAsync(leader.Vault, call, new(request, call.Key), cancellationToken), cancellationToken)
                : await ReadAsync(process.Vault, call, level, cancellationToken);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return new SecretAnswer.NotFound();
        }
        catch (MillException e) when (e.Error is MillError.PreconditionFailed)
        {
            return new SecretAnswer.PreconditionFailed(e.CurrentVersion, string.Join(',', e.Problems.Select(problem => problem.Pointer?.Split('/')[2])));
        }
        catch (MillException e) when (e.Error is MillError.IdempotencyMismatch)
        {
            return new SecretAnswer.KeyMismatch();
        }
        catch (MillException e) when (e.Error is MillError.InvalidRequest && call is SecretCall.GetAt)
        {
            return new SecretAnswer.TooEarly();
        }
    }

    private static async Task<SecretAnswer> WriteAsync(IVault vault, SecretCall call, WriteContext context, CancellationToken cancellationToken)
    {
        switch (call)
        {
            case SecretCall.Set set:
                {
                    using var value = SecretValue.FromText(set.Value);
                    var written = (await vault.SetAsync(Caller, new(Name(set.Name), value, ValueKind.Text, Precondition(set.Condition), set.Force), context, cancellationToken)).Answer;
                    return new SecretAnswer.Written(written.Version, written.ValidFrom, written.Changed, written.Created);
                }
            case SecretCall.Delete delete:
                await vault.DeleteAsync(Caller, new(Name(delete.Name), Precondition(delete.Condition)), context, cancellationToken);
                return new SecretAnswer.Deleted();
            default:
                return await TransactAsync(vault, (SecretCall.Transact)call, context, cancellationToken);
        }
    }

    private static async Task<SecretAnswer> TransactAsync(IVault vault, SecretCall.Transact transact, WriteContext context, CancellationToken cancellationToken)
    {
        var operations = transact.Changes
            .Select(change => new TransactionOperation(Name(change.Name), change.Value is { } value ? SecretValue.FromText(value) : null, ValueKind.Text, Precondition(change.Condition))).ToList();
        try
        {
            var done = (await vault.TransactAsync(Caller, new(operations), context, cancellationToken)).Answer;
            return new SecretAnswer.Committed([.. done.Results.Select(result => new ChangeAnswer(result.Version, result.Changed))], done.ValidFrom);
        }
        finally
        {
            foreach (var operation in operations) operation.Value?.Dispose();
        }
    }

    private static async Task<SecretAnswer> ReadAsync(IVault vault, SecretCall call, ReadLevel level, CancellationToken cancellationToken)
    {
        var name = Name(call.Names.Single());
        if (call is SecretCall.History history)
        {
            var page = (await vault.ReadHistoryAsync(Caller, new(name, Limit: history.Limit, Level: level), cancellationToken)).Answer;
            return new SecretAnswer.Versions([.. page.Versions.Select(See)]);
        }
        Timestamp? moment = call is SecretCall.GetAt at ? new(at.Moment) : null;
        using var reading = (await vault.ReadAsync(Caller, new(name, (call as SecretCall.GetVersion)?.Version, moment, level), cancellationToken)).Answer;
        return new SecretAnswer.Found(See(reading.Version), reading.Value.Reveal(Encoding.UTF8.GetString));
    }

    public static SeenVersion See(VersionInfo version) => new(version.Version, RecordTexts.Of(version.State), version.ValidFrom.Microseconds, version.ValidTo?.Microseconds);

    private static SecretName Name(string name) => SecretName.Parse(name);

    private static WritePrecondition Precondition(Condition condition) => new(condition.IfAbsent, condition.IfVersion);
}
