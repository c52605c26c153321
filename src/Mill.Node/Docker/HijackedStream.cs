using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>
/// A connection to the Engine that has become a stream in both directions (https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach). By hand, as its end of input is half of a
/// connection closed, which HTTP clients do not know.
/// </summary>
internal sealed class HijackedStream : IDisposable
{
    private const int MostOfHead = 64 * 1024;

    private readonly NetworkStream _stream;
    private ReadOnlyMemory<byte> _first;

    private HijackedStream(NetworkStream stream, ReadOnlyMemory<byte> first) => (_stream, _first) = (stream, first);

    /// <summary>Throws <see cref="IOException"/> and <see cref="SocketException"/>, and <see cref="MillException"/> with what the Engine said.</summary>
    public static async Task<HijackedStream> OpenAsync(DockerAddress address, string path, byte[] body, CancellationToken cancellationToken)
    {
        var stream = (NetworkStream)await address.ConnectAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var head = string.Create(CultureInfo.InvariantCulture, $"POST {path} HTTP/1.1\r\nHost: {address.Http.Authority}\r\nContent-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {body.Length}\r\n\r\n");
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body], cancellationToken).ConfigureAwait(false);
            var buffer = new byte[MostOfHead];
            var (read, end) = (0, -1);
            while (end < 0)
            {
                var more = read < buffer.Length ? await stream.ReadAsync(buffer.AsMemory(read), cancellationToken).ConfigureAwait(false) : 0;
                if (more is 0) throw new EndOfStreamException();
                read += more;
                end = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
            }
            var status = Encoding.ASCII.GetString(buffer, 0, end).Split(' ', 3);
            if (status is not [_, "101" or "200", ..]) throw Refused(buffer.AsSpan((end + 4)..read), status);
            return new(stream, buffer.AsMemory((end + 4)..read));
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (_first.Length is 0) return await _stream.ReadAsync(into, cancellationToken).ConfigureAwait(false);
        var count = Math.Min(_first.Length, into.Length);
        _first[..count].CopyTo(into);
        _first = _first[count..];
        return count;
    }

    /// <summary>All of it; false at the end.</summary>
    public async ValueTask<bool> IsFilledAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        while (into.Length > 0)
        {
            var read = await ReadAsync(into, cancellationToken).ConfigureAwait(false);
            if (read is 0) return false;
            into = into[read..];
        }
        return true;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _stream.WriteAsync(bytes, cancellationToken);

    /// <summary>Nothing more is written; what comes is still read.</summary>
    public void EndInput() => _stream.Socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _stream.Dispose();

    private static MillException Refused(ReadOnlySpan<byte> body, string[] status)
    {
        try
        {
            // The answer may come in chunks; what stands between the braces is the problem.
            var (start, end) = (body.IndexOf((byte)'{'), body.LastIndexOf((byte)'}'));
            if (start >= 0 && end > start && JsonSerializer.Deserialize(body[start..(end + 1)], DockerJson.Default.DockerProblem)?.Message is { Length: > 0 } said) return new(MillError.ContainerRefused, said);
        }
        catch (JsonException)
        {
            // The status says enough.
        }
        return new(MillError.ContainerRefused, $"the container engine answered {(status.Length > 1 ? status[1] : "nothing")}");
    }
}
