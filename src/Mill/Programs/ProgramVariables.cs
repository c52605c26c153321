using System.Buffers;
using System.Text;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>The environment of a program: that of this process, and variables on top of it. In pinned bytes, because an environment is bytes, and these are secrets.</summary>
internal sealed class ProgramVariables : IDisposable
{
    private const int LongestVariable = 128 * 1024; // MAX_ARG_STRLEN (execve(2)), with = and the end

    private readonly Dictionary<string, SecretValue> _values = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, SecretValue> Values => _values;

    /// <summary>Sets a variable; the last value counts, and is disposed with this. Throws <see cref="MillError.InvalidEnv"/> for a value that no environment can carry.</summary>
    public void Set(string name, SecretValue value)
    {
        var fault = value.Length + Encoding.UTF8.GetByteCount(name) + 2 > LongestVariable ? Words.VariableTooLarge(name) : value.Reveal(static bytes => bytes.Contains((byte)0)) ? Words.NoVariableValue(name) : null;
        if (fault is not null)
        {
            value.Dispose();
            throw new MillException(MillError.InvalidEnv, fault);
        }
        if (_values.Remove(name, out var old)) old.Dispose();
        _values.Add(name, value);
    }

    public bool IsSame(ProgramVariables other) => _values.Count == other._values.Count && _values.All(pair => other._values.TryGetValue(pair.Key, out var value) && value.Equals(pair.Value));

    /// <summary>All of it as <c>NAME=value</c> with a NUL after each. The caller disposes it.</summary>
    /// <param name="inherited">The environment of this process in the same form.</param>
    public PinnedWriter Write(ReadOnlySpan<byte> inherited)
    {
        var block = new PinnedWriter(inherited.Length + 1);
        foreach (var range in inherited.Split((byte)0))
        {
            var variable = inherited[range];
            var end = variable.IndexOf((byte)'=');
            if (variable.IsEmpty || (end > 0 && _values.ContainsKey(Encoding.UTF8.GetString(variable[..end])))) continue;
            block.Write(variable);
            block.Write("\0"u8);
        }
        foreach (var (name, value) in _values)
        {
            block.Write(Encoding.UTF8.GetBytes(name));
            block.Write("="u8);
            value.Reveal(block, static (bytes, to) => to.Write(bytes));
            block.Write("\0"u8);
        }
        return block;
    }

    public void Dispose()
    {
        foreach (var value in _values.Values) value.Dispose();
    }

    // Its members are secrets.
    public override string ToString() => nameof(ProgramVariables);
}
