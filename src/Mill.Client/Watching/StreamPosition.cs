using System.Text;

namespace Mill.Client.Watching;

/// <summary>
/// Where to go on after a stream of events that broke: the id of the last block that came whole. A block may hold an id and no event; the parser keeps those to itself, and a watch to which
/// nothing has happened yet would know of no place to go on from, and miss what happens until it is back.
/// </summary>
internal sealed class StreamPosition
{
    private const int LongestKept = 64; // of a line: what is longer is no id of ours

    private readonly byte[] _line = new byte[LongestKept];
    private int _length;
    private string? _pending;

    /// <summary>Null before the first.</summary>
    public string? Id { get; private set; }

    /// <summary>Takes what passes by, in pieces of any size.</summary>
    public void See(ReadOnlySpan<byte> bytes)
    {
        foreach (var next in bytes)
        {
            if (next is (byte)'\n') EndLine();
            else if (next is not (byte)'\r' && _length++ < LongestKept) _line[_length - 1] = next;
        }
    }

    private void EndLine()
    {
        var line = _line.AsSpan(0, Math.Min(_length, LongestKept));
        if (_length == 0) Id = _pending ?? Id;
        else if (_length <= LongestKept && line.StartsWith("id:"u8)) _pending = Encoding.UTF8.GetString(line[3..].TrimStart((byte)' '));
        _length = 0;
    }
}
