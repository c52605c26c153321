using System.Text.Json;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>Reads what another node answered, up to a limit, into memory that is cleared.</summary>
internal static class PeerAnswer
{
    private const int MaxSize = 4 << 20;
    private const int Step = 4096;

    /// <summary>Throws <see cref="HttpRequestException"/> or <see cref="IOException"/> where it breaks off, or goes on for too long.</summary>
    public static async Task<PinnedWriter> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = new PinnedWriter(Step);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            while (await stream.ReadAsync(body.GetMemory(Step), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            {
                body.Advance(read);
                if (body.WrittenCount > MaxSize) throw new IOException("The answer is longer than any should be.");
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The failure that a problem document tells of; for anything else, one made of the status.</summary>
    public static MillException Failure(PeerPlace from, HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, ApiJson.Lenient.TypeInfo<ProblemResponse>()) is { } problem)
                return new(MillErrorCodes.FromCode(problem.Code), problem.Detail) { Hint = problem.Hint };
        }
        catch (JsonException)
        {
            // Not a node's answer, or a broken one: the status is all there is.
        }
        return new(MillError.Internal, $"{from} answered with status {(int)response.StatusCode} and no explanation.");
    }

    /// <summary>Why a call came to nothing, in words.</summary>
    public static string Reason(Exception failure) => failure is OperationCanceledException ? "it did not answer in time" : (failure.InnerException ?? failure).Message;
}
