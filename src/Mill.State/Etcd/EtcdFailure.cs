using System.Globalization;
using System.Net;
using Mill.Secrets;

namespace Mill.State.Etcd;

/// <summary>What etcd's refusals mean, and how a caller is told.</summary>
internal static class EtcdFailure
{
    private const int Ok = 0;
    private const int InvalidArgument = 3;
    private const int NotFound = 5;
    private const int AlreadyExists = 6;
    private const int PermissionDenied = 7;
    private const int ResourceExhausted = 8;
    private const int FailedPrecondition = 9;
    private const int OutOfRange = 11;
    private const int Unimplemented = 12;
    private const int DataLoss = 15;
    private const int Unauthenticated = 16;

    /// <summary>
    /// The failure that a reply tells of, or null: in its trailers once it was read to its end, or in its head where there is nothing else to it.
    /// </summary>
    public static EtcdException? Find(Uri endpoint, HttpResponseMessage response)
    {
        if (response.StatusCode is not HttpStatusCode.OK)
        {
            var fault = (int)response.StatusCode is >= 400 and < 500 ? EtcdFault.Refused : EtcdFault.NoReply;
            return new(fault, $"{endpoint.Authority} answered with status {(int)response.StatusCode}.");
        }
        return Value(response, "grpc-status") is { } status && int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code != Ok
            ? Of(endpoint, code, Uri.UnescapeDataString(Value(response, "grpc-message") ?? ""))
            : null;
    }

    /// <summary>The failure behind a gRPC status. etcd tells by the text what the code leaves open (api/v3rpc/rpctypes/error.go).</summary>
    public static EtcdException Of(Uri endpoint, int code, string message) => new(FaultOf(code, message), $"{endpoint.Authority}: {message}");

    /// <summary>The same failure in a caller's words.</summary>
    /// <param name="whenFull">See <see cref="EtcdOptions.WhenFull"/>.</param>
    public static MillException ToMill(EtcdException failure, bool mayHaveHappened, string whenFull) => failure.Fault switch
    {
        EtcdFault.NoReply or EtcdFault.Doubtful when mayHaveHappened => Unknown(failure),
        EtcdFault.NoReply or EtcdFault.Doubtful or EtcdFault.NotServed => new(MillError.NoQuorum, $"Too few etcd members answer: {failure.Message}", failure)
        {
            Hint = "More than half of the etcd members must run and reach each other.",
        },
        EtcdFault.Full => new(MillError.StorageFull, "The etcd database has reached its quota; nothing was written.", failure) { Hint = whenFull },
        EtcdFault.TooLarge => new(MillError.TooLarge, $"This is more than etcd takes in one transaction; nothing was written: {failure.Message}", failure)
        {
            Hint = "Write it in several steps.",
        },
        EtcdFault.Damaged => new(MillError.StorageDamaged, $"etcd says that its data is damaged: {failure.Message}", failure),
        EtcdFault.NotSent => new(MillError.StorageUnavailable, $"No etcd member can be reached: {failure.Message}", failure)
        {
            Hint = "Check that etcd runs, and that addresses and certificates are right.",
        },
        _ => new(MillError.StorageUnavailable, $"etcd refuses: {failure.Message}", failure),
    };

    public static MillException Unknown(Exception cause) =>
        new(MillError.OutcomeUnknown, $"The commit may or may not have happened: {cause.Message}", cause) { Hint = "Read what it was to write, to see." };

    /// <summary>True for a failure that began as this one.</summary>
    public static bool IsFault(MillException failure, EtcdFault fault) => failure.InnerException is EtcdException cause && cause.Fault == fault;

    private static EtcdFault FaultOf(int code, string message) => code switch
    {
        // Asked for by the header "hasleader", and checked before anything else is done.
        _ when Says(message, "no leader") || Says(message, "not supported for learner") => EtcdFault.NotServed,
        _ when Says(message, "too many requests") || Says(message, "unhealthy cluster") => EtcdFault.NotServed,
        ResourceExhausted when Says(message, "database space exceeded") => EtcdFault.Full,
        ResourceExhausted when Says(message, "larger than max") => EtcdFault.TooLarge,
        InvalidArgument when Says(message, "too large") || Says(message, "too many operations") => EtcdFault.TooLarge,
        NotFound when Says(message, "lease not found") => EtcdFault.LeaseGone,
        OutOfRange when Says(message, "has been compacted") => EtcdFault.Compacted,
        DataLoss => EtcdFault.Damaged,
        InvalidArgument or NotFound or AlreadyExists or PermissionDenied or FailedPrecondition or OutOfRange or Unimplemented or Unauthenticated => EtcdFault.Refused,
        _ => EtcdFault.Doubtful,
    };

    private static string? Value(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static bool Says(string message, string words) => message.Contains(words, StringComparison.Ordinal);
}
