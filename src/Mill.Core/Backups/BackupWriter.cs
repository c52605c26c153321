using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Mill.Core.Model;

namespace Mill.Core.Backups;

/// <summary>Writes the lines of a backup: header, entries, end. Holds a few lines at a time.</summary>
internal sealed class BackupWriter(Stream to) : IDisposable
{
    private const int FlushAt = 1 << 16;

    private readonly ArrayBufferWriter<byte> _lines = new(2 * FlushAt);
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _entries;

    public ValueTask BeginAsync(BackupHeader header, CancellationToken cancellationToken)
    {
        _json.Reset(_lines);
        JsonSerializer.Serialize(_json, header, BackupJson.Default.BackupHeader);
        return EndLineAsync(cancellationToken);
    }

    public ValueTask AddAsync(RecordKey key, StateRecord record, CancellationToken cancellationToken)
    {
        _entries++;
        _json.Reset(_lines);
        _json.WriteStartObject();
        _json.WriteString("key"u8, key.ToString());
        _json.WritePropertyName("value"u8);
        _json.WriteRawValue(RecordCodec.Encode(record), skipInputValidation: true);
        _json.WriteEndObject();
        return EndLineAsync(cancellationToken);
    }

    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await to.WriteAsync(EndLine(_entries, _hash.GetHashAndReset()), cancellationToken).ConfigureAwait(false);
        await to.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The one text of an end: a reader compares bytes.</summary>
    public static byte[] EndLine(long entries, ReadOnlySpan<byte> sha256) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(new BackupEnd(entries, Convert.ToHexStringLower(sha256)), BackupJson.Default.BackupEnd), (byte)'\n'];

    public void Dispose()
    {
        _json.Dispose();
        _hash.Dispose();
    }

    private ValueTask EndLineAsync(CancellationToken cancellationToken)
    {
        _json.Flush();
        _lines.Write("\n"u8);
        return _lines.WrittenCount < FlushAt ? ValueTask.CompletedTask : FlushAsync(cancellationToken);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        _hash.AppendData(_lines.WrittenSpan);
        await to.WriteAsync(_lines.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _lines.ResetWrittenCount();
    }
}
