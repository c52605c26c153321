using System.Net;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>Sends calls, to another address where one fails. Whatever goes wrong leaves as a <see cref="MillException"/>.</summary>
internal sealed class Transport(MillClientOptions options) : IDisposable
{
    private readonly HttpMessageInvoker _http = Connections.Open(options);
    private readonly Uri[] _addresses = [options.Address, .. options.Fallbacks];

    /// <summary>Which address comes first: the one that did not fail last.</summary>
    private int _current;

    public MillClientOptions Options { get; } = options;

    /// <summary>Where calls go at the moment.</summary>
    public Uri Address => _addresses[Volatile.Read(ref _current)];

    public async Task<T> SendAsync<T>(Call call, CancellationToken cancellationToken)
    {
        using var body = await ExchangeAsync(call, cancellationToken).ConfigureAwait(false);
        return Body.Read<T>(body.WrittenSpan);
    }

    public async Task<SecretResponse> ReadSecretAsync(Call call, CancellationToken cancellationToken)
    {
        using var body = await ExchangeAsync(call, cancellationToken).ConfigureAwait(false);
        return SecretAnswer.Read(body.WrittenSpan);
    }

    public async Task SendAsync(Call call, CancellationToken cancellationToken) =>
        (await ExchangeAsync(call, cancellationToken).ConfigureAwait(false)).Dispose();

    /// <summary>The headers of an answer that goes on without end. One attempt at each address: its reader knows when to come back.</summary>
    public Task<HttpResponseMessage> OpenAsync(Call call, CancellationToken cancellationToken) => TraceAsync(call, OpenAtAsync, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> OpenAtAsync(Call call, CancellationToken cancellationToken)
    {
        using var limit = Limit(call, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var at = Volatile.Read(ref _current);
            try
            {
                using var request = call.ToMessage(Options, _addresses[at]);
                var response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
                return await CheckAsync(response, _addresses[at], limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (Connections.HasFailed(e, limit.Token))
            {
                MoveOn(at);
                if (attempt >= _addresses.Length) throw Problems.NotReached(_addresses[at], Options, e);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw Problems.TimedOut(_addresses[at], call.Limit ?? Options.Timeout);
            }
        }
    }

    private Task<PinnedWriter> ExchangeAsync(Call call, CancellationToken cancellationToken) => TraceAsync(call, ExchangeAtAsync, cancellationToken);

    private async Task<T> TraceAsync<T>(Call call, Func<Call, CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        using var activity = CallActivity.Start(call, Address);
        try
        {
            return await send(call, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            activity.Fail(e);
            throw;
        }
    }

    /// <summary>Every address gets one chance, and the one that fails first another: it may have closed a connection that was just too old.</summary>
    private async Task<PinnedWriter> ExchangeAtAsync(Call call, CancellationToken cancellationToken)
    {
        using var limit = Limit(call, cancellationToken);
        var (started, attempts) = (Options.Time.GetTimestamp(), _addresses.Length + 1);
        var (mayHaveArrived, hasWaited) = (false, false);
        for (var attempt = 1; ; attempt++)
        {
            var at = Volatile.Read(ref _current);
            var address = _addresses[at];
            using var request = call.ToMessage(Options, address);
            try
            {
                return await ExchangeOnceAsync(request, address, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (Connections.HasFailed(e, limit.Token))
            {
                MoveOn(at);
                var mayBeThisOne = request.Content is PinnedContent { WasSent: true };
                mayHaveArrived |= mayBeThisOne;
                if (attempt < attempts && (_addresses.Length > 1 ? call.IsRepeatable || !mayBeThisOne : call.IsRepeatable && !ServerTrust.IsMissing(e))) continue;
                throw call.IsWrite && mayHaveArrived ? Problems.Unknown(address, e) : Problems.NotReached(address, Options, e);
            }
            catch (MillException e) when (!hasWaited && IsPassing(call, e.Error) && e.RetryAfter is { } wait && Options.Time.GetElapsedTime(started) + wait < (call.Limit ?? Options.Timeout))
            {
                // The server says that another try may do better. It does not count among those that a failure gets.
                (hasWaited, attempts) = (true, attempts + 1);
                mayHaveArrived |= e.Error is MillError.OutcomeUnknown;
                MoveOn(at);
                if (await IsOverAsync(wait, limit.Token, cancellationToken).ConfigureAwait(false)) throw call.IsWrite && mayHaveArrived ? Problems.Unknown(address, e) : e;
            }
            // The refusal is of this attempt only: one before it may be on its way still, or be done.
            catch (MillException e) when (call.IsWrite && mayHaveArrived && !IsAboutRequest(e.Error))
            {
                throw Problems.Unknown(address, e);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw call.IsWrite ? Problems.Unknown(address, cause: null) : Problems.TimedOut(address, call.Limit ?? Options.Timeout);
            }
        }
    }

    /// <summary>Waits; true where the time for the whole call ended first.</summary>
    private async Task<bool> IsOverAsync(TimeSpan wait, CancellationToken limit, CancellationToken cancellationToken)
    {
        await Task.Delay(wait, Options.Time, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return limit.IsCancellationRequested;
    }

    private async Task<PinnedWriter> ExchangeOnceAsync(HttpRequestMessage request, Uri address, CancellationToken cancellationToken)
    {
        using var response = await CheckAsync(await _http.SendAsync(request, cancellationToken).ConfigureAwait(false), address, cancellationToken).ConfigureAwait(false);
        return await Body.ReceiveAsync(response.Content, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<HttpResponseMessage> CheckAsync(HttpResponseMessage response, Uri address, CancellationToken cancellationToken)
    {
        if (response is { IsSuccessStatusCode: true } or { StatusCode: HttpStatusCode.SwitchingProtocols }) return response;
        using (response) throw await Problems.ReadAsync(response, address, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Calls that fail together move on together, by one.</summary>
    private void MoveOn(int from) => Interlocked.CompareExchange(ref _current, (from + 1) % _addresses.Length, from);

    private Deadline Limit(Call call, CancellationToken cancellationToken) => new(call.Limit ?? Options.Timeout, Options.Time, cancellationToken);

    /// <summary>Nothing was done, and soon it can be; or, where doing it twice is doing it once, something may have been done.</summary>
    private static bool IsPassing(Call call, MillError error) =>
        error is MillError.NoLeader or MillError.NoQuorum or MillError.NotReady || (error is MillError.OutcomeUnknown && call.IsRepeatable);

    /// <summary>What is wrong with a request is wrong with every attempt to send it.</summary>
    private static bool IsAboutRequest(MillError error) => error is MillError.InvalidRequest or MillError.InvalidName or MillError.InvalidValue
        or MillError.Unauthenticated or MillError.Forbidden or MillError.TooLarge or MillError.MethodNotAllowed or MillError.IdempotencyMismatch;
}
