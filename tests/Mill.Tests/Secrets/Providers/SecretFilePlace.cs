using System.Buffers;
using System.Text;
using System.Text.Json;
using Mill.Secrets.DotEnv;
using Mill.Secrets.Providers;
using Mill.Testing;

namespace Mill.Tests.Secrets.Providers;

/// <summary>A file or directory of secrets in a directory of its own, changed as others would change it: by renaming. The provider's clock moves only when told.</summary>
internal sealed class SecretFilePlace : IDisposable
{
    private readonly SecretFileFormat _format;
    private readonly SortedDictionary<string, string> _secrets = new(StringComparer.Ordinal);

    public SecretFilePlace(SecretFileFormat format, params (string Key, string Value)[] secrets)
    {
        _format = format;
        Path = System.IO.Path.Combine(Directory, format switch { SecretFileFormat.Json => "secrets.json", SecretFileFormat.KeyPerFile => "secrets", _ => "secrets.env" });
        if (format is SecretFileFormat.KeyPerFile) System.IO.Directory.CreateDirectory(Path);
        foreach (var (key, value) in secrets) _secrets[key] = value;
        WriteAll();
    }

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("mill-secrets-").FullName;

    public string Path { get; }

    public ManualTime Time { get; } = new();

    public FileProviderOptions Options => new() { Path = Path, Format = _format, Time = Time, UsesFileSystemEvents = false };

    public static string DotEnvLine(string key, string value)
    {
        var text = new ArrayBufferWriter<byte>();
        if (DotEnvQuoting.TryWrite(DotEnvFormat.Dotenv, Encoding.UTF8.GetBytes(value), key.Length + 1, text) is { } fault) throw new ArgumentException(fault);
        return $"{key}={Encoding.UTF8.GetString(text.WrittenSpan)}\n";
    }

    /// <summary>Replaces a file at once, and lets only its owner read it.</summary>
    public static void Replace(string path, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var temporary = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}");
        File.WriteAllText(temporary, content);
        File.SetUnixFileMode(temporary, mode);
        File.Move(temporary, path, overwrite: true);
    }

    public void Change(string key, string? value)
    {
        if (value is null) _secrets.Remove(key);
        else _secrets[key] = value;
        if (_format is not SecretFileFormat.KeyPerFile) WriteAll();
        else if (value is null) File.Delete(System.IO.Path.Combine(Path, key));
        else Replace(System.IO.Path.Combine(Path, key), value);
    }

    public void Tick() => Time.Advance(TimeSpan.FromSeconds(2));

    public Task TickUntil(Func<bool> happened) => ChangeReader.TickUntil(happened, Tick);

    public ChangeReader Watch(ISecretProvider provider) => new(provider, Tick);

    public void Dispose()
    {
        if (System.IO.Directory.Exists(Directory)) System.IO.Directory.Delete(Directory, recursive: true);
    }

    private void WriteAll()
    {
        if (_format is SecretFileFormat.KeyPerFile)
            foreach (var (key, value) in _secrets) Replace(System.IO.Path.Combine(Path, key), value);
        else
            Replace(Path, _format is SecretFileFormat.Json ? JsonSerializer.Serialize(_secrets) : "# secrets\n" + string.Concat(_secrets.Select(pair => DotEnvLine(pair.Key, pair.Value))));
    }
}
