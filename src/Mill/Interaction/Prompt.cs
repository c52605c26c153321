using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Interaction;

/// <summary>Questions to a person at a terminal.</summary>
internal static class Prompt
{
    private const char EndOfInput = '\x04'; // Ctrl-D

    /// <summary>A secret, typed twice and not shown; null where the person ends the input instead. Throws <see cref="MillError.Usage"/> where the two differ.</summary>
    public static SecretValue? Secret(Terminal terminal, string name)
    {
        var first = Hidden(terminal, Words.EnterValue(name));
        if (first is null or { Length: 0 }) return first;
        try
        {
            using var second = Hidden(terminal, Words.EnterValueAgain);
            if (first.Equals(second)) return first;
            if (second is not null) throw new MillException(MillError.Usage, Words.ValuesDiffer) { Hint = Words.ValuesDifferHint };
            first.Dispose();
            return null;
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    public static bool Confirm(Terminal terminal, string question)
    {
        terminal.Ask($"{question} [y/N] ");
        return terminal.ReadLine()?.Trim() is { } answer && (answer.Equals("y", StringComparison.OrdinalIgnoreCase) || answer.Equals("yes", StringComparison.OrdinalIgnoreCase));
    }

    private static SecretValue? Hidden(Terminal terminal, string question)
    {
        terminal.Ask(question);
        using var typed = new Typed();
        while (terminal.ReadKey() is { Key: not ConsoleKey.Enter } key)
        {
            if (key.KeyChar is EndOfInput)
            {
                terminal.Say("");
                return null;
            }
            if (key.Key is ConsoleKey.Backspace) typed.RemoveLast();
            else if (key.KeyChar is not '\0') typed.Add(key.KeyChar);
        }
        terminal.Say("");
        return typed.ToSecret();
    }

    /// <summary>Characters as they are typed, in memory that is pinned and cleared.</summary>
    private sealed class Typed : IDisposable
    {
        private const int MaxLength = 16 * 1024;

        private readonly char[] _characters = GC.AllocateUninitializedArray<char>(MaxLength, pinned: true);
        private int _count;

        public void Add(char character)
        {
            if (_count == MaxLength) throw new MillException(MillError.TooLarge, Words.TooLongToType) { Hint = Words.TooLongToTypeHint };
            _characters[_count++] = character;
        }

        public void RemoveLast()
        {
            if (_count > 0) _count -= _count > 1 && char.IsLowSurrogate(_characters[_count - 1]) ? 2 : 1;
        }

        public SecretValue ToSecret() => SecretValue.FromText(_characters.AsSpan(0, _count));

        public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_characters.AsSpan()));
    }
}
