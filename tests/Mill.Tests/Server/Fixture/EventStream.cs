using System.Text.Json;
using Xunit;

namespace Mill.Tests.Server.Fixture;

/// <summary>One frame of a stream: a position has an id and no event.</summary>
internal sealed record Frame(string? Event, string? Data, string? Id)
{
    public string Name => JsonDocument.Parse(Data!).RootElement.GetProperty("name").GetString()!;

    public int Version => JsonDocument.Parse(Data!).RootElement.GetProperty("version").GetInt32();

    public override string ToString() => Event is null ? $"at {Id}" : $"{Event} {Name} {Version}";
}

/// <summary>An open watch.</summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage response, StreamReader reader) => (_response, _reader) = (response, reader);

    public string? ContentType => _response.Content.Headers.ContentType?.ToString();

    /// <summary>The id of the latest frame that had one.</summary>
    public string? LastId { get; private set; }

    /// <summary>Opens, and waits until the server has said from where it watches.</summary>
    public static async Task<EventStream> OpenAsync(HttpClient http, HttpRequestMessage request)
    {
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        var stream = new EventStream(response, new(await response.Content.ReadAsStreamAsync()));
        Assert.Null((await stream.NextAsync())!.Event);
        return stream;
    }

    /// <summary>The next frame; null at the end of the stream.</summary>
    public async Task<Frame?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var frame = new Frame(null, null, null);
        while (await _reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length == 0)
            {
                LastId = frame.Id ?? LastId;
                return frame;
            }
            frame = line.Split(": ", 2) switch
            {
                ["event", var text] => frame with { Event = text },
                ["data", var text] => frame with { Data = text },
                ["id", var text] => frame with { Id = text },
                _ => throw new InvalidDataException(line),
            };
        }
        return null;
    }

    /// <summary>The next so many events, positions left out.</summary>
    public async Task<List<string>> TakeAsync(int count)
    {
        var events = new List<string>();
        while (events.Count < count)
        {
            var frame = await NextAsync() ?? throw new EndOfStreamException($"The stream ended after {events.Count} events.");
            if (frame.Event is not null) events.Add(frame.ToString());
        }
        return events;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
