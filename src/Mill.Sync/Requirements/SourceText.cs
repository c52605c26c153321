using System.Text;
using Mill.Core.Language.Syntax;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>The text of a file, and where in it something stands.</summary>
internal sealed class SourceText(string file, string text)
{
    /// <summary>Of a file, in bytes.</summary>
    public const int MaxSize = 1 << 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SourceFile _places = new(file, text);

    /// <summary>How messages call it.</summary>
    public string File => file;

    public string Text => text;

    /// <summary>Throws <see cref="MillError.Usage"/> where it cannot be read, <see cref="MillError.TooLarge"/> over 1 MiB, and <see cref="MillError.Configuration"/> where it is not text.</summary>
    /// <param name="name">How messages call it.</param>
    public static async Task<SourceText> ReadAsync(string path, string name, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous });
            await using var _ = file.ConfigureAwait(false);
            var bytes = new byte[MaxSize + 1];
            var length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (length > MaxSize) throw new MillException(MillError.TooLarge, $"{name} has more than 1 MiB.");
            return new(name, Utf8.GetString(bytes, 0, length).TrimStart('\uFEFF'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, $"{name} cannot be read: {e.Message}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new MillException(MillError.Configuration, $"{name} is not text in UTF-8.", e);
        }
    }

    /// <param name="index">A character of the text, or its end.</param>
    public SourcePlace PlaceOf(int index)
    {
        var (line, column) = _places.PlaceOf(index);
        return new(file, line, column);
    }

    public MillProblem Problem(MillError error, int index, string detail)
    {
        var place = PlaceOf(index);
        return new(error.ToCode(), detail) { File = file, Line = place.Line, Column = place.Column };
    }
}
