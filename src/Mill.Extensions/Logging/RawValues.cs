using System.Buffers;
using System.Text;
using Mill.Secrets;

namespace Mill.Extensions.Logging;

/// <summary>Bytes and characters in whatever they are kept: what a log makes of them is a list of numbers or letters, in which no value is found.</summary>
internal static class RawValues
{
    /// <summary>Writes the bytes, and characters as UTF-8; false where it is something else, and a text is.</summary>
    public static bool TryWrite(object? value, PinnedWriter to)
    {
        switch (value)
        {
            case byte[] bytes:
                to.Write(bytes);
                return true;
            case Memory<byte> bytes:
                to.Write(bytes.Span);
                return true;
            case ReadOnlyMemory<byte> bytes:
                to.Write(bytes.Span);
                return true;
            case ReadOnlySequence<byte> bytes:
                foreach (var part in bytes) to.Write(part.Span);
                return true;
            case IEnumerable<byte> bytes:
                foreach (var one in bytes) to.Write([one]);
                return true;
            default:
                if (Characters(value) is not { } characters) return false;
                to.Advance(Encoding.UTF8.GetBytes(characters, to.GetSpan(Encoding.UTF8.GetMaxByteCount(characters.Length))));
                return true;
        }
    }

    /// <summary>The text that characters are; null where it is something else.</summary>
    public static string? Characters(object? value) => value switch
    {
        string => null,
        char[] characters => new(characters),
        Memory<char> characters => characters.ToString(),
        ReadOnlyMemory<char> characters => characters.ToString(),
        IEnumerable<char> characters => string.Concat(characters),
        _ => null,
    };
}
