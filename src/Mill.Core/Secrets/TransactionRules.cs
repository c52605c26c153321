using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Core.Secrets;

/// <summary>What can be said of a transaction before any secret is looked at.</summary>
public static class TransactionRules
{
    /// <summary>
    /// Names outside the caller's patterns first (they do not exist, for reads and for writes alike), then the role, then names that stand in it twice.
    /// </summary>
    public static void Demand(Caller caller, Transaction request)
    {
        var hidden = Problems(request, MillError.NotFound, operation => caller.Sees(operation.Name) ? null : $"Secret \"{operation.Name}\" was not found.");
        if (hidden.Count > 0) throw new MillException(MillError.NotFound, "Nothing was written: some of the secrets were not found.") { Problems = hidden };
        AccessRules.Demand(caller, Verb.SetSecret);
        var seen = new HashSet<SecretName>();
        var twice = Problems(request, MillError.InvalidRequest, operation => seen.Add(operation.Name) ? null : $"Secret \"{operation.Name}\" stands in the transaction twice.");
        if (twice.Count > 0) throw new MillException(MillError.InvalidRequest, "Nothing was written: a transaction may name each secret once.") { Problems = twice };
    }

    private static List<MillProblem> Problems(Transaction request, MillError error, Func<TransactionOperation, string?> find) =>
    [
        .. request.Operations
            .Select((operation, index) => find(operation) is { } detail ? new MillProblem(error.ToCode(), detail, $"/operations/{index}") : null)
            .OfType<MillProblem>(),
    ];
}
