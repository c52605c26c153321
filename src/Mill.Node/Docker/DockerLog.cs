using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mill.Node.Docker;

/// <summary>One line that a container wrote.</summary>
internal sealed record LogLine(DateTimeOffset At, bool IsError, string Text);

/// <summary>Takes apart what the Engine sends of two streams in one: frames with a head of eight bytes (https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach).</summary>
internal static class DockerLog
{
    /// <summary>Of a line, in bytes: more than the longest value of a secret, so that none is cut where it could not be masked any more. The rest of a longer line is left out.</summary>
    private const int MostOfLine = 512 * 1024;

    private const int HeadSize = 8;

    /// <summary>Of a time down to a tenth of a microsecond, without its zone.</summary>
    private const int FinestTime = 27;

    /// <summary>To the end of the stream. Throws <see cref="IOException"/> where it ends in the middle of something.</summary>
    public static async IAsyncEnumerable<LogLine> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (head, chunk) = (new byte[HeadSize], new byte[16 * 1024]);
        var (output, errors) = (new Lines(isError: false), new Lines(isError: true));
        while (await IsFilledAsync(body, head, cancellationToken).ConfigureAwait(false))
        {
            var lines = head[0] is 2 ? errors : output;
            lines.Begin();
            for (var left = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)); left > 0;)
            {
                var read = await body.ReadAsync(chunk.AsMemory(0, (int)Math.Min(left, chunk.Length)), cancellationToken).ConfigureAwait(false);
                if (read is 0) throw new EndOfStreamException();
                left -= (uint)read;
                foreach (var line in lines.Add(chunk.AsSpan(0, read))) yield return line;
            }
        }
        foreach (var line in output.End().Concat(errors.End())) yield return line;
    }

    /// <summary>False at the end of the stream.</summary>
    private static async ValueTask<bool> IsFilledAsync(Stream body, byte[] head, CancellationToken cancellationToken)
    {
        var read = await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return read == head.Length || (read is 0 ? false : throw new EndOfStreamException());
    }

    /// <summary>The lines of one stream. Each begins with its time.</summary>
    private sealed class Lines(bool isError)
    {
        private readonly List<byte> _line = [];
        private bool _isTimeAgain;

        /// <summary>A frame comes. One that goes on with a long line has a time once more, in the middle of it.</summary>
        public void Begin() => _isTimeAgain = _line.Count > 0;

        public List<LogLine> Add(ReadOnlySpan<byte> bytes)
        {
            var lines = new List<LogLine>();
            if (_isTimeAgain)
            {
                var blank = bytes.IndexOf((byte)' ');
                bytes = blank < 0 ? [] : bytes[(blank + 1)..];
                _isTimeAgain = blank < 0;
            }
            while (bytes.Length > 0)
            {
                var end = bytes.IndexOf((byte)'\n');
                var part = end < 0 ? bytes : bytes[..end];
                if (_line.Count < MostOfLine) _line.AddRange(part[..Math.Min(part.Length, MostOfLine - _line.Count)]);
                if (end < 0) break;
                lines.AddRange(End());
                bytes = bytes[(end + 1)..];
            }
            return lines;
        }

        public IEnumerable<LogLine> End()
        {
            if (_line.Count is 0) return [];
            var text = Encoding.UTF8.GetString([.. _line]).TrimEnd('\r');
            _line.Clear();
            var blank = text.IndexOf(' ', StringComparison.Ordinal);
            return blank > 0 && IsTime(text[..blank], out var at) ? [new(at, isError, text[(blank + 1)..])] : [];
        }

        /// <summary>The Engine's nanoseconds are cut, and not rounded: what is asked for from that moment on would leave out the line itself.</summary>
        private static bool IsTime(string text, out DateTimeOffset at) =>
            DateTimeOffset.TryParse(text is { Length: > FinestTime } && text.EndsWith('Z') ? string.Concat(text.AsSpan(0, FinestTime), "Z") : text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at);
    }
}
