using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Reads files and the standard input into pinned memory, up to a limit.</summary>
internal static class GivenBytes
{
    /// <summary>The caller disposes them; one byte more than the limit tells that there were too many. Throws <see cref="MillError.Usage"/> where the file cannot be read.</summary>
    public static async Task<PinnedWriter> ReadFileAsync(string path, int limit, CancellationToken cancellationToken)
    {
        try
        {
            var file = File.OpenRead(path);
            await using var _ = file.ConfigureAwait(false);
            return await ReadAsync(file, limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, Words.FileUnreadable(path, e is FileNotFoundException or DirectoryNotFoundException ? Words.NoSuchFile : e.Message), e);
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
