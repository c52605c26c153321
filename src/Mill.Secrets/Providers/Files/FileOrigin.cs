using Microsoft.Win32.SafeHandles;

namespace Mill.Secrets.Providers.Files;

/// <summary>A file or directory, whose provider it is, and what is said when something is wrong with it. Nothing of its content is ever said.</summary>
internal sealed record FileOrigin(string Provider, string Path, bool AllowsOthers)
{
    private const int MaxBytes = 4 << 20; // no file of secrets is larger; a wrong path may lead to one that is
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public FileOrigin For(string path) => this with { Path = path };

    /// <summary>All bytes. Throws <see cref="SecretUnavailableException"/>, or <see cref="SecretConfigurationException"/> where others may read the file.</summary>
    public async ValueTask<PinnedWriter> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Whoever writes or renames it meanwhile is not kept from it.
            using var handle = File.OpenHandle(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            RefuseOthers(handle);
            return await ReadAllAsync(handle, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (IsFileFault(e))
        {
            throw Unreadable(e);
        }
    }

    public SecretUnavailableException Unreadable(Exception e) => new(Provider, e switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"{Path} is not there.",
        UnauthorizedAccessException => $"{Path} may not be read, or is no file.",
        _ => $"{Path} cannot be read: {e.Message}",
    }, e);

    public SecretUnavailableException Unwritable(Exception e) => new(Provider, $"{Path} cannot be written: {e.Message} Nothing was changed.", e);

    public SecretConfigurationException Broken(string what, string? hint = null) => new(Provider, $"{Path}: {what}.") { Hint = hint };

    public SecretUnsupportedException CannotCarry(string key, string why) => new(Provider, $"{Path} cannot carry \"{key}\": {why}. Nothing was changed.");

    public static bool IsFileFault(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException;

    /// <summary>Asks the open file, not the path: that may lead elsewhere by now.</summary>
    private void RefuseOthers(SafeFileHandle handle)
    {
        if (AllowsOthers || OperatingSystem.IsWindows() || (File.GetUnixFileMode(handle) & Others) is UnixFileMode.None) return;
        const string Allow = $"{nameof(FileProviderOptions.AllowOthersToRead)}, or {SecretProviders.FileAllowOthersSetting}=true";
        throw Broken("others than its owner may read or write it", $"Say \"chmod 600 {Path}\". Where others must read it, as Kubernetes has it by default, allow it: {Allow}.");
    }

    private async ValueTask<PinnedWriter> ReadAllAsync(SafeFileHandle handle, CancellationToken cancellationToken)
    {
        var length = RandomAccess.GetLength(handle);
        if (length > MaxBytes) throw TooLarge();
        var content = new PinnedWriter((int)length + 1);
        try
        {
            while (await RandomAccess.ReadAsync(handle, content.GetMemory(), content.WrittenCount, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                content.Advance(count);
                if (content.WrittenCount > MaxBytes) throw TooLarge();
            }
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private SecretConfigurationException TooLarge() => Broken($"it is larger than {MaxBytes >> 20} MiB, and no file of secrets");
}
