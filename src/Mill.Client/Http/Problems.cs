using System.Net;
using System.Text.Json;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>What went wrong, as the one exception that callers of Mill catch.</summary>
internal static class Problems
{
    public static async Task<MillException> ReadAsync(HttpResponseMessage response, Uri address, CancellationToken cancellationToken)
    {
        using var body = await Body.ReceiveAsync(response.Content, cancellationToken).ConfigureAwait(false);
        return TryParse(body.WrittenSpan) is { } problem ? From(problem, response) : WithoutProblem(response, address);
    }

    public static MillException Unreachable(Uri address, Exception? cause) => new(MillError.Unreachable, $"No server answers at {Shown(address)}.", cause)
    {
        Hint = address.Scheme is "https" ? "Is the node running? Any other node of its cluster answers as well: --address URL" : "Is the server running? Start one with: mill dev",
    };

    /// <summary>No connection was made, or it was lost.</summary>
    public static MillException NotReached(Uri address, MillClientOptions options, Exception cause)
    {
        if (!ServerTrust.IsMissing(cause)) return Connections.WasLost(cause) && address.Scheme is "http" ? HungUp(address, cause) : Unreachable(address, cause);
        var (message, hint) = ServerTrust.Find(cause) switch
        {
            Mistrust.Issuer when options.Authority is null => ($"The certificate of {Shown(address)} is of an authority that this machine does not know.", "A cluster has an authority of its own. Name it: --ca-cert DATA_DIR/ca.crt"),
            Mistrust.Issuer => ($"The certificate of {Shown(address)} is not one of this cluster's authority.", "Is it a node of the same cluster? Its authority is in DATA_DIR/ca.crt on every node: --ca-cert FILE"),
            Mistrust.Host => ($"The certificate of {Shown(address)} is for another host.", "Use an address that the node has in: mill nodes"),
            Mistrust.Time => ($"The certificate of {Shown(address)} is not valid at this time.", "Check the clocks of both machines."),
            _ => ($"{Shown(address)} does not speak TLS as Mill does.", "mill dev speaks http://, the nodes of a cluster https://"),
        };
        return new(MillError.Unreachable, message, cause) { Hint = hint };
    }

    /// <summary>As a server does that is spoken to without the TLS that it expects.</summary>
    private static MillException HungUp(Uri address, Exception cause) => new(MillError.Unreachable, $"What listens at {Shown(address)} hung up without an answer.", cause)
    {
        Hint = "Is it a node of a cluster? Those speak TLS: --address https://… --ca-cert DATA_DIR/ca.crt",
    };

    public static MillException TimedOut(Uri address, TimeSpan limit) => new(MillError.Unreachable, $"{Shown(address)} did not answer within {limit.TotalSeconds:0.###} s.")
    {
        Hint = "Look at the server with: mill status",
    };

    /// <summary>The answer had begun.</summary>
    public static MillException BrokenOff(Uri address, Exception cause) => new(MillError.Unreachable, $"The connection to {Shown(address)} was lost before everything had come.", cause)
    {
        Hint = "Try again. If it happens again, look at the server with: mill status",
    };

    /// <summary>The request may have arrived, the answer did not.</summary>
    public static MillException Unknown(Uri address, Exception? cause) =>
        new(MillError.OutcomeUnknown, $"The connection to {Shown(address)} was lost before the answer came; the change may or may not have been made.", cause)
        {
            Hint = "Look at what is stored now, and repeat the command if need be.",
        };

    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static ProblemResponse? TryParse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.Lenient.TypeInfo<ProblemResponse>());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static MillException From(ProblemResponse problem, HttpResponseMessage response) => new(MillErrorCodes.FromCode(problem.Code), problem.Detail)
    {
        Hint = problem.Hint,
        RequestId = problem.RequestId ?? RequestId(response),
        CurrentVersion = problem.CurrentVersion,
        RetryAfter = response.Headers.RetryAfter?.Delta,
        Problems = problem.Errors is { } errors ? [.. errors.Select(item => new MillProblem(item.Code, item.Detail, item.Pointer) { Name = item.Name, File = item.File, Line = item.Line, Column = item.Column })] : [],
    };

    /// <summary>A proxy's answer, or another program's: only the status says something.</summary>
    private static MillException WithoutProblem(HttpResponseMessage response, Uri address) =>
        new(FromStatus(response.StatusCode), $"{Shown(address)} answered with status {(int)response.StatusCode} and no explanation.")
        {
            Hint = "Check that the address is a Mill server's.",
            RequestId = RequestId(response),
        };

    private static MillError FromStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => MillError.Unauthenticated,
        HttpStatusCode.Forbidden => MillError.Forbidden,
        HttpStatusCode.RequestEntityTooLarge => MillError.TooLarge,
        HttpStatusCode.TooManyRequests => MillError.RateLimited,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => MillError.NotReady,
        // A bare 404 is not Mill's word that a secret does not exist.
        _ => MillError.Internal,
    };

    private static string? RequestId(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Mill-Request-Id", out var ids) || response.Headers.TryGetValues("X-Request-Id", out ids) ? ids.FirstOrDefault() : null;
}
