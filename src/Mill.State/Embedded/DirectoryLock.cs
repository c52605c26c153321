using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Mill.Secrets;

namespace Mill.State.Embedded;

/// <summary>The right of one process to a data directory. The kernel gives it back when the process ends, however it ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private DirectoryLock(SafeFileHandle file) => _file = file;

    /// <summary>Fails with <see cref="MillError.DataDirectoryInUse"/> if another process, or another store of this one, holds the directory.</summary>
    public static DirectoryLock Take(StoreFiles files)
    {
        var file = Libc.OpenOrCreate(files.Lock);
        try
        {
            if (!Libc.TryLock(file))
                throw InUse(files, file);

            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")), fileOffset: 0);
            return new DirectoryLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // The file stays: removing it would let two processes lock two files of the same name.
    public void Dispose() => _file.Dispose();

    private static MillException InUse(StoreFiles files, SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[20];
        var length = RandomAccess.Read(file, text, fileOffset: 0);
        var holder = Encoding.ASCII.GetString(text[..length]).Trim();
        return new(MillError.DataDirectoryInUse, $"The data directory {files.Directory} is in use by process {(holder.Length > 0 ? holder : "unknown")}.")
        {
            Hint = "Stop that process, or give this one another directory: mill dev --data-dir DIR --listen 127.0.0.1:4401",
        };
    }
}
