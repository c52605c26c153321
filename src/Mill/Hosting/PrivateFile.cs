using Mill.Secrets;

namespace Mill.Hosting;

/// <summary>A small file that only its owner can read, replaced as a whole.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int NoSpace = 28; // ENOSPC

    /// <summary>Null where there is no such file. Throws as <see cref="Write"/>.</summary>
    public static string? ReadLine(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault()?.Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Throws <see cref="MillError.StorageFull"/> or <see cref="MillError.StorageUnavailable"/>; what was there before stays then.</summary>
    public static void Write(string path, string content)
    {
        var temporary = $"{path}.{Environment.ProcessId}.new";
        try
        {
            Create(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw Unusable(path, e);
        }
    }

    private static void Create(string path, string content)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        using var writer = new StreamWriter(file);
        writer.Write(content);
        writer.Flush();
        file.Flush(flushToDisk: true);
    }

    private static MillException Unusable(string path, Exception cause) => cause.HResult == NoSpace
        ? new(MillError.StorageFull, $"No space is left for {path}.", cause) { Hint = "Free some space, and start again." }
        : new(MillError.StorageUnavailable, $"The file {path} cannot be used: {cause.Message}", cause) { Hint = "It must be a file that this user may read and write, or not be there." };
}
