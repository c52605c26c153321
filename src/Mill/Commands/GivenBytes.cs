using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Reads files and the standard input into pinned memory, up to a limit.</summary>
internal static class GivenBytes
{
    /// <summary>The caller disposes them; one byte more than the limit tells that there were too many. Throws <see cref="MillError.Usage"/> where the file cannot be read.</summary>
    /// <param name="like">Names of files one of which may have been meant.</param>
    public static async Task<PinnedWriter> ReadFileAsync(string path, int limit, CancellationToken cancellationToken, IEnumerable<string>? like = null)
    {
        try
        {
            var file = File.OpenRead(path);
            await using var _ = file.ConfigureAwait(false);
            return await ReadAsync(file, limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            var meant = Typos.Closest(Path.GetFileName(path), like ?? []);
            throw new MillException(MillError.Usage, Words.FileUnreadable(path, Words.NoSuchFile), e) { Hint = meant is null ? Words.NoSuchFileHint : $"Did you mean {meant}?" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
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
