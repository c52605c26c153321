using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;

namespace Mill.State.Etcd;

/// <summary>One call to one member by gRPC, with its deadlines. Everything that goes wrong is an <see cref="EtcdException"/>, but for the caller's own cancellation.</summary>
internal sealed class EtcdTransport : IDisposable
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly HttpClient _http;
    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;

    public EtcdTransport(EtcdOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = new(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <param name="patience">The longest silence.</param>
    public async Task<TReply> CallAsync<TRequest, TReply>(Uri endpoint, EtcdCall<TRequest, TReply> call, OnceContent content, TimeSpan patience, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        using var deadline = new Deadline(patience, _time, cancellationToken);
        try
        {
            using var response = await SendAsync(endpoint, call.Path, call.NeedsLeader, content, deadline.Token).ConfigureAwait(false);
            using var body = await ReadBodyAsync(response, deadline).ConfigureAwait(false);
            if (EtcdFailure.Find(endpoint, response) is { } failure) throw failure;
            return GrpcMessage.ReadSingle(body.Span, call.Reply);
        }
        catch (Exception failure) when (IsOurs(failure, cancellationToken))
        {
            throw Lost(endpoint, content, failure);
        }
    }

    /// <summary>Begins a stream. The deadline holds until its head is there; from then on it may be silent as long as it likes.</summary>
    public async Task<EtcdStream> OpenAsync(Uri endpoint, string path, OnceContent content, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(_options.AttemptTimeout, _time, cancellationToken);
        try
        {
            var response = await SendAsync(endpoint, path, needsLeader: true, content, deadline.Token).ConfigureAwait(false);
            try
            {
                if (EtcdFailure.Find(endpoint, response) is { } failure) throw failure;
                return new(endpoint, response, await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false));
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
        catch (Exception failure) when (IsOurs(failure, cancellationToken))
        {
            throw Lost(endpoint, content, failure);
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Handler(EtcdOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // All calls share one connection. Where the way to a member is cut it must not be waited for when the way is back, as TCP would. etcd takes no more
            // than one ping in five seconds (--grpc-keepalive-min-time).
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(6),
            KeepAlivePingTimeout = options.AttemptTimeout,
        };
        if (options.Tls is { } tls)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [tls.Certificate],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => tls.Certificate,
                CertificateChainPolicy = Trust(tls.Authorities),
            };
        }
        if (options.Socket is { } path) handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(path, cancellationToken);
        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static X509ChainPolicy Trust(X509Certificate2Collection authorities)
    {
        // Nobody revokes in a closed group of machines: a new authority is made instead.
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(ServerAuthentication);
        return policy;
    }

    private static bool IsOurs(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static EtcdException Lost(Uri endpoint, OnceContent content, Exception failure)
    {
        var why = failure is OperationCanceledException ? "it did not answer in time" : (failure.InnerException ?? failure).Message;
        return new(content.WasSent ? EtcdFault.NoReply : EtcdFault.NotSent, $"{endpoint.Authority}: {why}", failure);
    }

    private Task<HttpResponseMessage> SendAsync(Uri endpoint, string path, bool needsLeader, OnceContent content, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, path))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        // A member that lost its leader says so at once, and ends its watches.
        if (needsLeader) request.Headers.Add("hasleader", "true");
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task<ReplyBody> ReadBodyAsync(HttpResponseMessage response, Deadline deadline)
    {
        var body = new ReplyBody((int)Math.Min(response.Content.Headers.ContentLength ?? 0, int.MaxValue / 2));
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            while (await stream.ReadAsync(body.Free(), deadline.Token).ConfigureAwait(false) is > 0 and var read)
            {
                body.Advance(read);
                deadline.Renew(); // it is silence that counts, not length
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Ends when the caller gives up, or after a silence.</summary>
    private sealed class Deadline : IDisposable
    {
        private readonly CancellationTokenSource _silence;
        private readonly CancellationTokenSource _either;
        private readonly TimeSpan _patience;

        public Deadline(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
        {
            _patience = patience;
            _silence = new(patience, time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, cancellationToken);
        }

        public CancellationToken Token => _either.Token;

        public void Renew() => _silence.CancelAfter(_patience);

        public void Dispose()
        {
            _either.Dispose();
            _silence.Dispose();
        }
    }

    /// <summary>A reply in rented memory.</summary>
    private sealed class ReplyBody(int expected) : IDisposable
    {
        private const int Least = 4096;

        private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(expected + 1, Least));
        private int _length;

        public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

        public Memory<byte> Free()
        {
            if (_length == _bytes.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(checked(_bytes.Length * 2));
                Span.CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_bytes);
                _bytes = larger;
            }
            return _bytes.AsMemory(_length);
        }

        public void Advance(int count) => _length += count;

        public void Dispose() => ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _bytes, []));
    }
}
