using System.Security.Cryptography;

namespace Mill.Core.Backups;

/// <summary>Reads a stream line by line, and adds up what it read. A line is only there until the next one is asked for.</summary>
internal sealed class BackupLines(Stream from) : IDisposable
{
    /// <summary>
    /// The longest line: a value of 256 KiB in base64 twice over, and room for what stands around it. Whoever makes a longer one does not choose our memory.
    /// </summary>
    public const int MaxLine = 2 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _buffer = new byte[1 << 17];
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>Number of the latest line, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Bytes of all lines so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// The next line with its line end; nothing at the end of the stream. The last line of a stream that was cut off has no line end. A line that is too long is given
    /// by its first part, which has none either.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0) return Take(searched + found + 1);
            searched = _end - _start;
            if (_ended || searched >= MaxLine) return Take(searched);
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds a line to the sum. The end of a backup is not part of its own sum, so it is the reader who says what is.</summary>
    public void Sum(ReadOnlySpan<byte> line) => _hash.AppendData(line);

    public byte[] TakeSum() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();

    private ReadOnlyMemory<byte> Take(int length)
    {
        var line = _buffer.AsMemory(_start, length);
        _start += length;
        if (length > 0) Line++;
        Bytes += length;
        return line;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, MaxLine + 1));
        var read = await from.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _ended = read == 0;
        _end += read;
    }
}
