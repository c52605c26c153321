using System.Buffers;
using System.Text;
using Mill.Secrets.DotEnv;

namespace Mill.Secrets.Providers.Files;

/// <summary>A <c>.env</c> file. Changing it leaves every other line as it is.</summary>
internal sealed class DotEnvFileFormat : IFileFormat
{
    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public ReadSecrets Read(ReadOnlyMemory<byte> content, FileOrigin origin)
    {
        var document = DotEnvDocument.Parse(content);
        var read = new ReadSecrets();
        foreach (var assignment in document.Assignments)
        {
            if (IsOpen(document, assignment))
            {
                read.Dispose();
                var line = document.PlaceOf(assignment.Value.Start).Line;
                throw origin.Broken($"a quote is not closed in line {line}", "The file may be half written. A value that begins with a quote needs other quotes around it.");
            }
            read.Put(KeyOf(document, assignment), ValueOf(document, assignment));
        }
        return read;
    }

    public void Write(ReadOnlyMemory<byte> content, string key, SecretValue value, PinnedWriter output, FileOrigin origin)
    {
        if (key.Length == 0 || key.AsSpan().ContainsAnyExcept(KeyCharacters)) throw origin.CannotCarry(key, "no variable can have this name");
        var document = DotEnvDocument.Parse(content);
        var rewrite = new DotEnvRewrite(document, DotEnvFormat.Dotenv, output);
        // Of several with one name, readers take the last.
        var found = document.Assignments.LastOrDefault(assignment => KeyOf(document, assignment) == key);
        var fault = found.Key.Length > 0 ? value.Reveal(bytes => rewrite.Set(found, bytes)) : null;
        rewrite.Finish();
        if (found.Key.Length == 0) fault = value.Reveal(bytes => Append(key, bytes, output));
        if (fault is not null) throw origin.CannotCarry(key, $"its value {fault}");
    }

    private static string? Append(string key, ReadOnlySpan<byte> value, PinnedWriter output)
    {
        if (output.WrittenCount > 0 && output.WrittenSpan[^1] is not (byte)'\n') output.Write("\n"u8);
        output.Write(Encoding.ASCII.GetBytes(key + "="));
        var fault = DotEnvQuoting.TryWrite(DotEnvFormat.Dotenv, value, key.Length + 1, output);
        output.Write("\n"u8);
        return fault;
    }

    /// <summary>
    /// dotenv takes a quote that is never closed for a part of the value. In a file that somebody is writing it is half a secret, so it is refused.
    /// </summary>
    private static bool IsOpen(DotEnvDocument document, DotEnvAssignment assignment) =>
        assignment.Quote is 0 && document[assignment.Value] is [(byte)'\'' or (byte)'"' or (byte)'`', ..]
        && !document.Content[(assignment.Value.Start + 1)..].Contains(document.Content[assignment.Value.Start]);

    private static string KeyOf(DotEnvDocument document, DotEnvAssignment assignment) => Encoding.ASCII.GetString(document[assignment.Key]);

    private static SecretValue ValueOf(DotEnvDocument document, DotEnvAssignment assignment)
    {
        using var text = new PinnedWriter(Math.Max(assignment.Inner.Length, 1));
        document.WriteText(assignment.Inner, assignment.IsEscaped, text);
        return SecretValue.FromBytes(text.WrittenSpan);
    }
}
