using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Puts a new content in the place of a file's.</summary>
internal static class FileReplacement
{
    /// <summary>
    /// As a whole or not at all, with the mode and the owner of the old one. No copy stays behind, and none is ever open to more people than the file itself.
    /// Throws <see cref="MillError.StorageUnavailable"/>; the file is as it was then.
    /// </summary>
    public static void Write<T>(string place, T content, Action<T, FileStream> write)
    {
        try
        {
            // A link stays one: what it points to is replaced.
            var path = File.ResolveLinkTarget(place, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(place);
            var temporary = $"{path}.{Environment.ProcessId}.new";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 0 };
            using var file = new FileStream(temporary, options);
            try
            {
                write(content, file);
                // The owner first: chown(2) takes bits of the mode away.
                FileOwner.Copy(path, file);
                File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(path));
                file.Flush(flushToDisk: true);
                File.Move(temporary, path, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.StorageUnavailable, Words.FileNotReplaced(place, e.Message), e);
        }
    }
}
