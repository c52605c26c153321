using System.Buffers;

namespace Mill.Secrets.DotEnv;

/// <summary>
/// A file with other values for some of its variables, for one reader. Every other line stays as it is; for readers that are not written in JavaScript every line ends with <c>\n</c>, and nothing
/// stands on the line of a value but that.
/// </summary>
public sealed class DotEnvRewrite(DotEnvDocument document, DotEnvFormat format, IBufferWriter<byte> output)
{
    private const string NoShellName = "belongs to a variable whose name no shell can have";
    private const string ShellsOwn = "belongs to a variable that shells keep for themselves";
    private const string NotClosed = "would be read as a part of what stands before it, and is not closed there for a shell";
    private const string Runnable = "may be run as a command by a shell, as a line of the file has a variable outside of an assignment";

    private bool _isChanged;
    private int _copied = format is DotEnvFormat.Shell && document.Content.StartsWith(DotEnvDocument.ByteOrderMark) ? DotEnvDocument.ByteOrderMark.Length : 0;

    /// <summary>Sets the value of a variable; they come in their order. The reason why the format cannot carry it; null where it was written.</summary>
    public string? Set(DotEnvAssignment assignment, ReadOnlySpan<byte> value)
    {
        var key = document[assignment.Key];
        if (format is DotEnvFormat.Shell && FindShellFault(assignment, key) is { } fault)
        {
            // Nothing of it is used now: what was looked at is not looked at again for each value that follows.
            _copied = assignment.Value.End;
            return fault;
        }
        _isChanged = true;
        using var written = new PinnedWriter(value.Length + 2);
        if (DotEnvQuoting.TryWrite(format, value, key.Length + 1, written) is { } why) return why;
        if (format is DotEnvFormat.Dotenv)
        {
            CopyTo(document.PlaceForValue(assignment));
            output.Write(written.WrittenSpan);
            _copied = assignment.Value.End;
            return null;
        }
        CopyTo(LineStart(assignment.Start));
        if (format is DotEnvFormat.Shell && assignment.Start < assignment.Key.Start) output.Write("export "u8);
        output.Write(key);
        output.Write("="u8);
        output.Write(written.WrittenSpan);
        EndLine(assignment.Value.End);
        return null;
    }

    /// <summary>Writes what is left. The reason why the format cannot carry the values before it; null where it was written.</summary>
    public string? Finish()
    {
        if (_isChanged && format is DotEnvFormat.Shell && ShellText.FindFault(document.Content[_copied..], isEnd: true) is not ShellFault.None) return Runnable;
        CopyTo(document.Content.Length);
        return null;
    }

    private string? FindShellFault(DotEnvAssignment assignment, ReadOnlySpan<byte> key)
    {
        if (!ShellText.IsName(key)) return NoShellName;
        if (ShellText.IsOwnVariable(key)) return ShellsOwn;
        return ShellText.FindFault(document.Content[_copied..LineStart(assignment.Start)], isEnd: false) switch
        {
            ShellFault.None => null,
            ShellFault.Open => NotClosed,
            _ => Runnable,
        };
    }

    private int LineStart(int place)
    {
        var last = document.Content[_copied..place].LastIndexOfAny((byte)'\r', (byte)'\n');
        return last < 0 ? _copied : _copied + last + 1;
    }

    private void EndLine(int place)
    {
        while (place < document.Content.Length && DotEnvBlanks.LineEndAt(document.Content, place) is 0) place++;
        _copied = place + DotEnvBlanks.LineEndAt(document.Content, place);
        if (_copied > place) output.Write("\n"u8);
    }

    private void CopyTo(int place)
    {
        var kept = document.Content[_copied..place];
        _copied = place;
        while (format is not DotEnvFormat.Dotenv && kept.IndexOf((byte)'\r') is >= 0 and var end)
        {
            output.Write(kept[..end]);
            output.Write("\n"u8);
            kept = kept[(end + DotEnvBlanks.LineEndAt(kept, end))..];
        }
        output.Write(kept);
    }
}
