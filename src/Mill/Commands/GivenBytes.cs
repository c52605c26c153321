using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Reads files and the standard input into pinned memory, up to a limit.</summary>
internal static class GivenBytes
{
    /// <summary>The caller disposes them; one byte more than the limit tells that there were too many. Throws <see cref="MillError.Usage"/> where the file cannot be read.</summary>
    /// <param name="meant">A file that may have been meant, where this one is not there.</param>
    public static async Task<PinnedWriter> ReadFileAsync(string path, int limit, CancellationToken cancellationToken, Func<string?>? meant = null)
    {
        try
        {
            var file = File.OpenRead(path);
            await using var _ = file.ConfigureAwait(false);
            return await ReadAsync(file, limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MillException(MillError.Usage, Words.FileUnreadable(path, Words.NoSuchFile), e) { Hint = meant?.Invoke() is { } other ? $"Did you mean {other}?" : Words.NoSuchFileHint };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Directory.Exists(path)) throw new MillException(MillError.Usage, Words.FileUnreadable(path, Words.IsDirectory), e) { Hint = Words.IsDirectoryHint };
            throw new MillException(MillError.Usage, Words.FileUnreadable(path, e.Message), e) { Hint = Words.FileUnreadableHint };
        }
    }

    /// <summary>As <see cref="ReadFileAsync"/>, from a stream.</summary>
    public static async Task<PinnedWriter> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        var bytes = new PinnedWriter(4096);
        try
        {
            while (bytes.WrittenCount <= limit && await stream.ReadAsync(bytes.GetMemory(), cancellationToken).ConfigureAwait(false) is > 0 and var read) bytes.Advance(read);
            return bytes;
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }
}
