using System.Runtime.CompilerServices;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Core.Backups;

/// <summary>
/// Reads a backup from its beginning to its end, holding one line at a time. Whatever is not a whole backup is refused with <see cref="MillError.BackupRejected"/>, which
/// names the file and the line. What was read before the end is only what was written once the end was reached.
/// </summary>
public sealed class BackupReader : IDisposable
{
    private readonly BackupLines _lines;
    private readonly string _name;

    private BackupReader(BackupLines lines, string name, BackupHeader header) => (_lines, _name, Header) = (lines, name, header);

    public BackupHeader Header { get; }

    /// <summary>Entries read so far.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Bytes => _lines.Bytes;

    /// <summary>Reads the header.</summary>
    /// <param name="name">What to call the file in a refusal.</param>
    public static async Task<BackupReader> OpenAsync(Stream from, string name, CancellationToken cancellationToken)
    {
        var lines = new BackupLines(from);
        try
        {
            var line = await lines.NextAsync(cancellationToken).ConfigureAwait(false);
            if (line.IsEmpty) throw Rejected(name, "it is empty");
            var header = ReadHeader(name, line.Span);
            lines.Sum(line.Span);
            return new(lines, name, header);
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    /// <summary>Every entry, once; ends after the end of the backup was found, and fits. A value is only there until the next entry is asked for.</summary>
    public async IAsyncEnumerable<BackupEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await _lines.NextAsync(cancellationToken).ConfigureAwait(false);
            if (line.Span is not [.., (byte)'\n']) throw CutOff(line.Length);
            if (line.Span.StartsWith("{\"entries\":"u8))
            {
                await RequireEndAsync(line, cancellationToken).ConfigureAwait(false);
                yield break;
            }
            _lines.Sum(line.Span);
            Entries++;
            yield return ReadEntry(line);
        }
    }

    /// <summary>A refusal of the line that was read last.</summary>
    public MillException RejectLine(string what) => Rejected($"line {_lines.Line}: {what}");

    /// <summary>A refusal of the whole.</summary>
    public MillException Rejected(string what) => Rejected(_name, what);

    public void Dispose() => _lines.Dispose();

    private static MillException Rejected(string name, string what) => new(MillError.BackupRejected, $"The backup {name} cannot be used: {what}.")
    {
        Hint = "Use another backup, or another copy of this one.",
    };

    private static BackupHeader ReadHeader(string name, ReadOnlySpan<byte> line)
    {
        try
        {
            if (line is not [.., (byte)'\n']) throw Rejected(name, line.Length < BackupLines.MaxLine ? "it is cut off in line 1, or no backup of Mill" : "it is no backup of Mill");
            if (FormatOf(line) is not { } format) throw Rejected(name, "it is no backup of Mill");
            if (format is < 1 or > BackupHeader.CurrentFormat) throw Rejected(name, $"it has format {format}, which this version of Mill does not know");
            return JsonSerializer.Deserialize(line, BackupJson.Default.BackupHeader) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Rejected(name, "line 1 is not the header of a backup of Mill");
        }
    }

    /// <summary>Read apart from the rest: a later format may have other members.</summary>
    private static int? FormatOf(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        using var document = JsonDocument.ParseValue(ref json);
        return document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("mill_backup"u8, out var format) && format.TryGetInt32(out var number) ? number : null;
    }

    private BackupEntry ReadEntry(ReadOnlyMemory<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line.Span);
            Expect(json.Read() && json.TokenType is JsonTokenType.StartObject);
            Expect(json.Read() && json.TokenType is JsonTokenType.PropertyName && json.ValueTextEquals("key"u8));
            Expect(json.Read() && json.TokenType is JsonTokenType.String);
            var key = json.GetString()!;
            Expect(json.Read() && json.TokenType is JsonTokenType.PropertyName && json.ValueTextEquals("value"u8));
            Expect(json.Read() && json.TokenType is JsonTokenType.StartObject);
            var start = (int)json.TokenStartIndex;
            json.Skip();
            var end = (int)json.BytesConsumed;
            Expect(json.Read() && json.TokenType is JsonTokenType.EndObject);
            Expect(!json.Read());
            return new(key, line[start..end]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw RejectLine("it is no entry of a backup");
        }
    }

    private static void Expect(bool condition)
    {
        if (!condition) throw new JsonException();
    }

    private async Task RequireEndAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        // What an end must be is known, to the byte: any other is either a damaged end, or the end of something else.
        if (!line.Span.SequenceEqual(BackupWriter.EndLine(Entries, _lines.TakeSum()))) throw Rejected($"it is not what was written, because its {Entries} entries and the sum in its last line do not fit together");
        if (!(await _lines.NextAsync(cancellationToken).ConfigureAwait(false)).IsEmpty) throw Rejected("there is something after its end");
    }

    private MillException CutOff(int rest) =>
        rest >= BackupLines.MaxLine ? RejectLine("it is too long")
        : rest > 0 ? Rejected($"it is cut off in line {_lines.Line}")
        : Rejected($"it is cut off after line {_lines.Line}");
}

/// <summary>One record of a backup, as it is stored.</summary>
public readonly record struct BackupEntry(string Key, ReadOnlyMemory<byte> Value);
