namespace Mill.State.Etcd.Process;

/// <summary>A log file that is put aside when it is full, in place of the one before: two at most. Only its owner may read it.</summary>
internal sealed class BoundedLog(string path, long maxBytes) : IDisposable
{
    private FileStream? _file;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _file ??= Open();
        if (_file.Length > 0 && _file.Length + bytes.Length > maxBytes)
        {
            await _file.DisposeAsync().ConfigureAwait(false);
            _file = null;
            File.Move(path, path + ".1", overwrite: true);
            _file = Open();
        }
        await _file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await _file.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _file?.Dispose();

    private FileStream Open() => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
