using System.Buffers;
using System.Text;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Vault.Env;

/// <summary>Reads a file that was written as its reader would: what one line holds can change what the reader makes of the next, and a value must come out of the whole as it went in.</summary>
/// <param name="writeValue">The value that a variable is to have.</param>
internal sealed class EnvReadBack(DotEnvDocument document, Action<DotEnvAssignment, IBufferWriter<byte>> writeValue)
{
    /// <summary>The first variable that dotenv libraries would read otherwise; null where there is none.</summary>
    public DotEnvAssignment? FindMisread(DotEnvDocument written)
    {
        for (var i = 0; i < document.Assignments.Count; i++)
        {
            if (i >= written.Assignments.Count || !IsSame(document.Assignments[i], written, written.Assignments[i])) return document.Assignments[i];
        }
        // Of several with one name the last counts: there must be none that was not there.
        return written.Assignments.Count > document.Assignments.Count ? document.Assignments[^1] : null;
    }

    /// <summary>docker takes every line for itself, and of several with one name the last: also a line that belongs to a value over several lines for others.</summary>
    /// <param name="changed">Variables that were given a value, by number.</param>
    public IEnumerable<DotEnvAssignment> FindMisreadLines(ReadOnlySpan<byte> written, IEnumerable<int> changed)
    {
        var left = new Dictionary<string, (int Last, int Lines)>();
        foreach (var i in changed) left[Key(document.Assignments[i])] = (i, 0);
        foreach (var assignment in document.Assignments) Count(Key(assignment), 1);
        foreach (var line in written.Split((byte)'\n'))
        {
            var text = written[line].TrimStart(" \t"u8);
            if (text.IndexOf((byte)'=') is > 0 and var end) Count(Encoding.UTF8.GetString(text[..end]), -1);
        }
        return left.Values.Where(seen => seen.Lines != 0).Select(seen => document.Assignments[seen.Last]);

        void Count(string key, int step)
        {
            if (left.TryGetValue(key, out var seen)) left[key] = seen with { Lines = seen.Lines + step };
        }
    }

    private string Key(DotEnvAssignment assignment) => Encoding.UTF8.GetString(document[assignment.Key]);

    private bool IsSame(DotEnvAssignment asked, DotEnvDocument written, DotEnvAssignment got)
    {
        if (!document[asked.Key].SequenceEqual(written[got.Key])) return false;
        using var expected = new PinnedWriter();
        using var actual = new PinnedWriter();
        writeValue(asked, expected);
        written.WriteText(got.Inner, got.IsEscaped, actual);
        return expected.WrittenSpan.SequenceEqual(actual.WrittenSpan);
    }
}
