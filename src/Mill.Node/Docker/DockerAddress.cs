using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>Where the Docker Engine, or what speaks like it, listens.</summary>
/// <param name="SocketPath">Of a unix socket; null for <paramref name="Http"/>.</param>
public sealed record DockerAddress(string? SocketPath, Uri Http)
{
    public const string Variable = "DOCKER_HOST";

    private static readonly Uri Local = new("http://docker");

    public static DockerAddress Default { get; } = new("/var/run/docker.sock", Local);

    /// <summary>As <c>DOCKER_HOST</c> has it (https://docs.docker.com/reference/cli/docker/#environment-variables). Throws <see cref="MillError.Configuration"/> for what is no such address.</summary>
    /// <param name="named">Where it was said.</param>
    public static DockerAddress Parse(string? text, string named = Variable)
    {
        if (string.IsNullOrWhiteSpace(text)) return Default;
        if (text.StartsWith("unix://", StringComparison.Ordinal) && text.Length > 7) return new(text[7..], Local);
        if (TryHttp(text, out var http)) return new(null, http);
        throw new MillException(MillError.Configuration, $"{named} names no Docker Engine that can be reached.") { Hint = $"Write {named}=unix:///var/run/docker.sock, or {named}=tcp://127.0.0.1:2375." };
    }

    public override string ToString() => SocketPath is null ? $"tcp://{Http.Authority}" : $"unix://{SocketPath}";

    /// <summary>A connection to it.</summary>
    internal async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = SocketPath is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true } : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (SocketPath is null) await socket.ConnectAsync(Http.Host, Http.Port, cancellationToken).ConfigureAwait(false);
            else await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool TryHttp(string text, [NotNullWhen(true)] out Uri? http)
    {
        http = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "tcp" or "http", Port: > 0 } ? new($"http://{uri.Authority}") : null;
        return http is not null;
    }
}
