namespace Mill.Secrets.Providers.Files;

/// <summary>One writer at a time, in all processes of this machine: whoever has the lock file open. The system closes it for a process that dies.</summary>
internal static class FileLock
{
    private const int Tries = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits for the others. Throws <see cref="SecretUnavailableException"/> where one of them keeps it for ten seconds, or the lock file cannot be made.</summary>
    /// <param name="find">Where the lock file is: a link may lead elsewhere by the time it is ours.</param>
    public static async ValueTask<IDisposable> TakeAsync(FileOrigin origin, Func<string> find, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (TryOpen(find) is { } held) return held;
                if (attempt == Tries) throw new IOException("It keeps moving.");
            }
            catch (Exception e) when (FileOrigin.IsFileFault(e))
            {
                if (attempt == Tries || e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException) throw origin.Unwritable(e);
            }
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Null where it is another's lock by now.</summary>
    private static FileStream? TryOpen(Func<string> find)
    {
        var path = find();
        var held = new FileStream(path, AtomicFile.Private(FileMode.OpenOrCreate));
        var isOurs = false;
        try
        {
            isOurs = find() == path;
            return isOurs ? held : null;
        }
        finally
        {
            if (!isOurs) held.Dispose();
        }
    }
}
