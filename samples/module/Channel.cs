using System.Buffers;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Samples.Module;

/// <summary>Messages over two streams, a line each. One reader; any number of writers. Whatever it holds is in memory that is cleared.</summary>
internal sealed class Channel(Stream from, Stream to) : IDisposable
{
    private const int Longest = 1 << 20;

    private readonly SemaphoreSlim _turn = new(1);
    private PinnedWriter _read = new();

    /// <summary>Null at the end. Throws <see cref="JsonException"/> for what is no message, and <see cref="IOException"/>.</summary>
    public async ValueTask<Message?> ReadAsync(CancellationToken cancellationToken)
    {
        int seen = 0, end;
        while ((end = _read.WrittenSpan[seen..].IndexOf((byte)'\n')) < 0)
        {
            seen = _read.WrittenCount;
            if (seen > Longest) throw new IOException("The line is too long for a message.");
            var count = await from.ReadAsync(_read.GetMemory(4096), cancellationToken);
            if (count == 0) return null;
            _read.Advance(count);
        }
        using var line = _read;
        _read = new();
        _read.Write(line.WrittenSpan[(seen + end + 1)..]);
        return JsonSerializer.Deserialize(line.WrittenSpan[..(seen + end)], MessageJson.Default.Message);
    }

    public async ValueTask WriteAsync(Message message, CancellationToken cancellationToken)
    {
        using var line = new PinnedWriter();
        using (var json = new Utf8JsonWriter(line)) JsonSerializer.Serialize(json, message, MessageJson.Default.Message);
        line.Write("\n"u8);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Half a line would make nonsense of the next one.
            await to.WriteAsync(line.WrittenMemory, CancellationToken.None);
            await to.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _read.Dispose();
        _turn.Dispose();
    }
}
