using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>Several sets and deletes, all or nothing.</summary>
internal sealed class TransactionEndpoint(IVault vault, Authentication authentication)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/transactions", CommitAsync);

    private async Task CommitAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var context = WriteHeaders.Context(http);
        using var body = await RequestBody.ReadAsync<TransactionRequest>(http).ConfigureAwait(false);
        var transaction = new Transaction(Operations(body));
        var (answer, revision, replayed) = await vault.TransactAsync(caller, transaction, context, http.RequestAborted).ConfigureAwait(false);
        http.SetRevision(revision);
        http.SetReplayed(replayed);
        var results = answer.Results.Select(result => new TransactionResult(result.Deleted ? "delete" : "set", result.Name, result.Version, result.Changed));
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new TransactionResponse([.. results], new Timestamp(answer.ValidFrom).ToDateTimeOffset())).ConfigureAwait(false);
    }

    /// <summary>Checks every operation, and reports everything that is wrong at once.</summary>
    private static List<TransactionOperation> Operations(TransactionRequest body)
    {
        if (body.Operations.Count is 0 or > Transaction.MaxOperations)
        {
            throw new MillException(MillError.InvalidRequest, $"A transaction has 1 to {Transaction.MaxOperations} operations.");
        }
        var (operations, problems) = (new List<TransactionOperation>(), new List<MillProblem>());
        for (var index = 0; index < body.Operations.Count; index++)
        {
            try
            {
                operations.Add(Operation(body.Operations[index]));
            }
            catch (MillException e)
            {
                problems.Add(new(e.Error.ToCode(), e.Message, $"/operations/{index}"));
            }
        }
        return problems.Count == 0 ? operations : throw new MillException(MillErrorCodes.FromCode(problems[0].Code), $"Nothing was written: {problems.Count} of the operations are not valid.")
        {
            Problems = problems,
        };
    }

    private static TransactionOperation Operation(TransactionRequestOperation? given)
    {
        if (given is null) throw new MillException(MillError.InvalidRequest, "An operation is an object, not null.");
        var name = SecretName.Parse(given.Name);
        if (given.IfVersion is < 1) throw new MillException(MillError.InvalidRequest, "if_version takes a number from 1.");
        if (given is { IfVersion: not null, IfAbsent: true }) throw new MillException(MillError.InvalidRequest, "if_version and if_absent exclude each other.");
        var precondition = new WritePrecondition(given.IfAbsent ?? false, given.IfVersion);
        switch (given.Op)
        {
            case "set":
                var (value, kind) = GivenValue.Demand(given.Value, given.ValueBase64);
                return new(name, value, kind, precondition);
            case "delete" when given is { Value: null, ValueBase64: null, IfAbsent: null or false }:
                return new(name, null, ValueKind.Text, precondition);
            case "delete":
                throw new MillException(MillError.InvalidRequest, "A delete takes neither a value nor if_absent.");
            default:
                throw new MillException(MillError.InvalidRequest, "op takes set or delete.");
        }
    }
}
