namespace Mill.ClusterTests.Processes;

/// <summary>Tells when the files below a directory were touched a number of times: a way to hit the middle of what a server does to its disk.</summary>
internal sealed class FileEvents : IDisposable
{
    private readonly FileSystemWatcher _watcher;
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    /// <param name="seen">Called on the watcher's own thread, the moment the last one is seen.</param>
    public FileEvents(string directory, string filter, int count, Action seen)
    {
        _left = count;
        _watcher = new FileSystemWatcher(directory, filter) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
        void See()
        {
            if (Interlocked.Decrement(ref _left) != 0) return;
            seen();
            _reached.TrySetResult();
        }
        _watcher.Created += (_, _) => See();
        _watcher.Changed += (_, _) => See();
        _watcher.Renamed += (_, _) => See();
        _watcher.EnableRaisingEvents = true;
    }

    public Task Reached => _reached.Task;

    public void Dispose() => _watcher.Dispose();
}
