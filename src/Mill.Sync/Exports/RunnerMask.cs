using System.Buffers;
using Mill.Secrets;

namespace Mill.Sync.Exports;

/// <summary>
/// Tells the runner of a workflow what it must not show (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log). A command is one line: a value with line
/// breaks is written escaped, and each of its lines once more, because older runners mask no more than what stands in one.
/// </summary>
public static class RunnerMask
{
    private static ReadOnlySpan<byte> Command => "::add-mask::"u8;

    public static void Write(SecretValue value, IBufferWriter<byte> output) => value.Reveal(output, static (bytes, into) =>
    {
        if (bytes.IsEmpty) return;
        WriteOne(bytes, into);
        if (bytes.IndexOfAny((byte)'\r', (byte)'\n') < 0) return;
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
            var line = bytes[..(end < 0 ? bytes.Length : end)];
            if (!line.Trim((byte)' ').IsEmpty) WriteOne(line, into);
            bytes = end < 0 ? [] : bytes[(end + 1)..];
        }
    });

    private static void WriteOne(ReadOnlySpan<byte> text, IBufferWriter<byte> into)
    {
        into.Write(Command);
        foreach (var one in text)
        {
            if (one is (byte)'%') into.Write("%25"u8);
            else if (one is (byte)'\r') into.Write("%0D"u8);
            else if (one is (byte)'\n') into.Write("%0A"u8);
            else into.Write([one]);
        }
        into.Write("\n"u8);
    }
}
