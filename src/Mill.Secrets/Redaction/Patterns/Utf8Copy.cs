using System.Text;

namespace Mill.Secrets.Redaction.Patterns;

/// <summary>A text as UTF-8, in pinned memory that is cleared on dispose. Half a surrogate pair becomes U+FFFD.</summary>
internal readonly struct Utf8Copy : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int _length;

    private Utf8Copy(byte[] buffer, int length) => (_buffer, _length) = (buffer, length);

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    public static Utf8Copy Of(string text)
    {
        var buffer = PinnedBuffers.Rent(Encoding.UTF8.GetByteCount(text));
        return new(buffer, Encoding.UTF8.GetBytes(text, buffer));
    }

    public void Dispose() => PinnedBuffers.Return(_buffer);
}
