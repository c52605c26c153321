using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mill.State.Etcd;

/// <summary>A reply that goes on: one JSON text per line.</summary>
internal sealed class EtcdStream(Uri endpoint, HttpResponseMessage response, Stream body) : IDisposable
{
    private byte[] _buffer = new byte[8192];
    private int _start; // of the line that is being read
    private int _end; // of what was read

    public Uri Endpoint => endpoint;

    /// <summary>The next message; null where the member ended the stream. Throws <see cref="EtcdException"/> where it broke.</summary>
    public async Task<T?> ReadAsync<T>(JsonTypeInfo<T> form, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var searched = _start;
            while (true)
            {
                var length = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
                if (length >= 0)
                {
                    var line = _buffer.AsMemory(_start, searched + length - _start);
                    _start = searched + length + 1;
                    return JsonSerializer.Deserialize(line.Span, form);
                }
                searched = MakeRoom();
                var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
                if (read == 0) return null;
                _end += read;
            }
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException or JsonException)
        {
            throw new EtcdException(EtcdFault.NoReply, $"{endpoint.Authority}: {failure.Message}", failure);
        }
    }

    public void Dispose() => response.Dispose();

    /// <summary>Returns the place up to which no end of line was found.</summary>
    private int MakeRoom()
    {
        var pending = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, pending).CopyTo(_buffer);
            (_start, _end) = (0, pending);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, checked(_buffer.Length * 2));
        return _end;
    }
}
