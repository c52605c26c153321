using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Mill.Secrets;

namespace Mill.State.Embedded;

/// <summary>The right of one process to a data directory. The kernel gives it back when the process ends, however it ends.</summary>
public sealed class DirectoryLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private DirectoryLock(SafeFileHandle file) => _file = file;

    /// <summary>Fails with <see cref="MillError.DataDirectoryInUse"/> if another process, or another store of this one, holds the directory.</summary>
    /// <param name="hint">What whoever is refused can do.</param>
    public static DirectoryLock Take(string directory, string hint)
    {
        var file = Libc.OpenOrCreate(new StoreFiles(directory).Lock);
        try
        {
            if (!Libc.TryLock(file))
                throw InUse(directory, file, hint);

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

    private static MillException InUse(string directory, SafeFileHandle file, string hint)
    {
        Span<byte> text = stackalloc byte[20];
        var length = RandomAccess.Read(file, text, fileOffset: 0);
        var holder = Encoding.ASCII.GetString(text[..length]).Trim();
        return new(MillError.DataDirectoryInUse, $"The data directory {directory} is in use by process {(holder.Length > 0 ? holder : "unknown")}.")
        {
            Hint = hint,
        };
    }
}
