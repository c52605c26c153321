using System.Text;
using System.Text.Unicode;

namespace Mill.Secrets.Providers.Environments;

/// <summary>
/// The environment as the process was given it. .NET reads it as UTF-8 and puts U+FFFD where it is none, so that a wrong password comes out of a right variable; Linux still has the bytes.
/// </summary>
internal static class EnvironmentBytes
{
    private const string Start = "/proc/self/environ";
    private const char Replacement = '\uFFFD';

    /// <summary>False where the variable was given as bytes that are no text, and <paramref name="text"/> is what became of them.</summary>
    public static bool WasText(string name, string text) => !text.Contains(Replacement) || !OperatingSystem.IsLinux() || !IsMade(name, text);

    private static bool IsMade(string name, string text)
    {
        foreach (var (variable, value) in Read())
        {
            if (variable == name && !Utf8.IsValid(value) && Encoding.UTF8.GetString(value) == text) return true;
        }
        return false;
    }

    private static IEnumerable<(string Name, byte[] Value)> Read()
    {
        foreach (var entry in ReadEntries())
        {
            var equals = Array.IndexOf(entry, (byte)'=');
            if (equals > 0) yield return (Encoding.UTF8.GetString(entry, 0, equals), entry[(equals + 1)..]);
        }
    }

    private static List<byte[]> ReadEntries()
    {
        var entries = new List<byte[]>();
        try
        {
            var bytes = File.ReadAllBytes(Start);
            foreach (var range in bytes.AsSpan().Split((byte)0)) entries.Add(bytes[range]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without the bytes nothing says that it was anything else than text.
        }
        return entries;
    }
}
