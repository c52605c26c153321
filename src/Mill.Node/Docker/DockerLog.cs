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
    /// <summary>Of a line; what is longer is several.</summary>
    private const int MostOfLine = 64 * 1024;

    private const int HeadSize = 8;

    public static async IAsyncEnumerable<LogLine> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (head, chunk) = (new byte[HeadSize], new byte[16 * 1024]);
        var (output, errors) = (new Lines(isError: false), new Lines(isError: true));
        while (await TryFillAsync(body, head, cancellationToken).ConfigureAwait(false))
        {
            var lines = head[0] is 2 ? errors : output;
            for (var left = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)); left > 0;)
            {
                var read = await body.ReadAsync(chunk.AsMemory(0, (int)Math.Min(left, chunk.Length)), cancellationToken).ConfigureAwait(false);
                if (read is 0) yield break;
                left -= (uint)read;
                foreach (var line in lines.Add(chunk.AsSpan(0, read))) yield return line;
            }
        }
        foreach (var line in output.End().Concat(errors.End())) yield return line;
    }

    /// <summary>False at the end of the stream, wherever that is.</summary>
    private static async ValueTask<bool> TryFillAsync(Stream body, byte[] head, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) == head.Length;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The lines of one stream. Each begins with its time.</summary>
    private sealed class Lines(bool isError)
    {
        private readonly List<byte> _line = [];

        public List<LogLine> Add(ReadOnlySpan<byte> bytes)
        {
            var lines = new List<LogLine>();
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
            return blank > 0 && DateTimeOffset.TryParse(text.AsSpan(0, blank), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? [new(at, isError, text[(blank + 1)..])] : [];
        }
    }
}
