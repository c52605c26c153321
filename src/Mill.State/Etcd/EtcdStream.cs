using Google.Protobuf;

namespace Mill.State.Etcd;

/// <summary>A reply that goes on: one message after the other.</summary>
internal sealed class EtcdStream(Uri endpoint, HttpResponseMessage response, Stream body) : IDisposable
{
    private byte[] _buffer = new byte[8192];
    private int _start; // of the message that is being read
    private int _end; // of what was read

    public Uri Endpoint => endpoint;

    /// <summary>The next message. Throws <see cref="EtcdException"/> where the stream broke or ended, with what the member said of it.</summary>
    public async Task<T> ReadAsync<T>(MessageParser<T> form, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            int? length;
            while ((length = GrpcMessage.LengthAt(_buffer.AsSpan(_start, _end - _start))) is null || _end - _start < GrpcMessage.HeadSize + length)
            {
                MakeRoom(GrpcMessage.HeadSize + (length ?? 0));
                var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
                if (read == 0) throw EtcdFailure.Find(endpoint, response) ?? new(EtcdFault.NoReply, $"{endpoint.Authority} ended the stream.");
                _end += read;
            }
            var message = form.ParseFrom(_buffer.AsSpan(_start + GrpcMessage.HeadSize, length.Value));
            _start += GrpcMessage.HeadSize + length.Value;
            return message;
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            throw new EtcdException(EtcdFault.NoReply, $"{endpoint.Authority}: {failure.Message}", failure);
        }
    }

    public void Dispose() => response.Dispose();

    /// <summary>What was read goes to the beginning, where so much has room after it.</summary>
    private void MakeRoom(int size)
    {
        var pending = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, pending).CopyTo(_buffer);
            (_start, _end) = (0, pending);
        }
        if (_buffer.Length < size) Array.Resize(ref _buffer, Math.Max(size, checked(_buffer.Length * 2)));
    }
}
