using Google.Protobuf;
using Mill.Secrets;

namespace Mill.State.Etcd;

/// <summary>
/// Calls to whichever member answers. The one that did last is asked first, so a member that hangs costs its silence once, not once per call.
/// Failures are <see cref="MillException"/>, with the <see cref="EtcdException"/> as their cause.
/// </summary>
internal sealed class EtcdChannel : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly EtcdTransport _transport;
    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private int _preferred;

    public EtcdChannel(EtcdOptions options, TimeProvider time)
    {
        if (options.Endpoints.Count == 0) throw new ArgumentException("etcd needs at least one endpoint.", nameof(options));
        if (options.Tls is not null && options.Endpoints.Any(endpoint => endpoint.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException("With certificates, every etcd endpoint must begin with https.", nameof(options));
        (_options, _time, _transport) = (options, time, new(options, time));
    }

    /// <summary>The member that is asked first.</summary>
    public Uri Preferred => _options.Endpoints[Volatile.Read(ref _preferred)];

    /// <summary>A call that may be sent any number of times. Goes from member to member until one answers or the time is over.</summary>
    public Task<TReply> AskAsync<TRequest, TReply>(EtcdCall<TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        SendAsync(call, request, mayRepeat: true, cancellationToken);

    /// <summary>A call that must not happen twice: it goes to another member only while it is certain that nothing happened yet.</summary>
    public Task<TReply> DoAsync<TRequest, TReply>(EtcdCall<TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        SendAsync(call, request, mayRepeat: false, cancellationToken);

    /// <summary>A call to one member and no other.</summary>
    public Task<TReply> AskAtAsync<TRequest, TReply>(Uri endpoint, EtcdCall<TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        AskAtAsync(endpoint, call, request, _options.AttemptTimeout, cancellationToken);

    /// <param name="patience">For what takes longer than other calls.</param>
    public async Task<TReply> AskAtAsync<TRequest, TReply>(Uri endpoint, EtcdCall<TRequest, TReply> call, TRequest request, TimeSpan patience, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        try
        {
            using var content = new OnceContent(GrpcMessage.Write(request));
            return await _transport.CallAsync(endpoint, call, content, patience, cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            throw EtcdFailure.ToMill(failure, mayHaveHappened: false, _options.WhenFull);
        }
    }

    /// <summary>Begins a stream at the preferred member. Throws <see cref="EtcdException"/>, having moved on to the next.</summary>
    public async Task<EtcdStream> OpenAsync<TRequest, TReply>(EtcdCall<TRequest, TReply> call, TRequest request, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        var endpoint = Preferred;
        try
        {
            using var content = new OnceContent(GrpcMessage.Write(request));
            return await _transport.OpenAsync(endpoint, call.Path, content, cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdException)
        {
            MoveOnFrom(endpoint);
            throw;
        }
    }

    /// <summary>Asks another member first from now on, unless somebody else saw to it already.</summary>
    public void MoveOnFrom(Uri endpoint)
    {
        var index = Volatile.Read(ref _preferred);
        if (_options.Endpoints[index] == endpoint) Interlocked.CompareExchange(ref _preferred, (index + 1) % _options.Endpoints.Count, index);
    }

    public void Dispose() => _transport.Dispose();

    private async Task<TReply> SendAsync<TRequest, TReply>(EtcdCall<TRequest, TReply> call, TRequest request, bool mayRepeat, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        ReadOnlyMemory<byte> body = GrpcMessage.Write(request);
        var start = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var endpoint = Preferred;
            using var content = new OnceContent(body);
            try
            {
                return await _transport.CallAsync(endpoint, call, content, _options.AttemptTimeout, cancellationToken).ConfigureAwait(false);
            }
            catch (EtcdException failure)
            {
                if (IsAboutTheMember(failure.Fault)) MoveOnFrom(endpoint);
                if (!MayTryAgain(failure.Fault, mayRepeat) || _time.GetElapsedTime(start) >= _options.GiveUpAfter) throw EtcdFailure.ToMill(failure, !mayRepeat, _options.WhenFull);
            }
            catch (OperationCanceledException stopped) when (!mayRepeat && content.WasSent)
            {
                throw EtcdFailure.Unknown(stopped);
            }
            if (attempt % _options.Endpoints.Count == 0) await Task.Delay(Pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsAboutTheMember(EtcdFault fault) => fault is EtcdFault.NotSent or EtcdFault.NoReply or EtcdFault.NotServed or EtcdFault.Doubtful;

    private static bool MayTryAgain(EtcdFault fault, bool mayRepeat) => fault switch
    {
        EtcdFault.NotSent or EtcdFault.NotServed => true,
        EtcdFault.NoReply or EtcdFault.Doubtful => mayRepeat,
        _ => false,
    };
}
