namespace Mill.Secrets.Providers.Files;

/// <summary>What the system tells of a directory, where it does: some file systems tell nothing, and there may be no more listeners left. Never throws.</summary>
/// <param name="tell">Given the name of what changed.</param>
internal sealed class DirectoryEvents(string directory, Action<string> tell) : IDisposable
{
    private FileSystemWatcher? _watcher;

    public void EnsureListening()
    {
        if (_watcher is not null) return;
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new(directory) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.Attributes };
            watcher.Created += (_, e) => tell(e.Name ?? "");
            watcher.Changed += (_, e) => tell(e.Name ?? "");
            watcher.Deleted += (_, e) => tell(e.Name ?? "");
            watcher.Renamed += (_, e) => tell(e.Name ?? "");
            watcher.EnableRaisingEvents = true;
            _watcher = watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
        }
    }

    public void StopListening()
    {
        _watcher?.Dispose();
        _watcher = null;
    }

    public void Dispose() => StopListening();
}
