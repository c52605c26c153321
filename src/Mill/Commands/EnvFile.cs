using System.Text.Unicode;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>A <c>.env</c> file that a command reads, and may put a new one in the place of.</summary>
internal sealed record EnvFile(string Path)
{
    private const string StandardInput = "-";
    private const int MaxSize = 1 << 20;

    /// <summary>How messages call it.</summary>
    public string Name { get; init; } = Path;

    public bool IsStandardInput => Path is StandardInput;

    /// <summary>Throws <see cref="MillError.Usage"/> where something is to be written in place, and there is none.</summary>
    public void DemandPlace(bool inPlace)
    {
        if (inPlace && IsStandardInput) throw new MillException(MillError.Usage, Words.NothingInPlace);
    }

    /// <summary>Throws <see cref="MillError.Usage"/> where it cannot be read, <see cref="MillError.TooLarge"/> over 1 MiB, and <see cref="MillError.InvalidEnv"/> where it is not UTF-8.</summary>
    public async Task<SecretValue> ReadAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        using var bytes = IsStandardInput
            ? await GivenBytes.ReadAsync(terminal.Input, MaxSize, cancellationToken).ConfigureAwait(false)
            : await GivenBytes.ReadFileAsync(Path, MaxSize, cancellationToken).ConfigureAwait(false);
        if (bytes.WrittenCount > MaxSize) throw new MillException(MillError.TooLarge, Words.EnvFileTooLarge);
        return Utf8.IsValid(bytes.WrittenSpan) ? SecretValue.FromBytes(bytes.WrittenSpan) : throw new MillException(MillError.InvalidEnv, Words.EnvFileNotUtf8(Name));
    }

    /// <summary>
    /// Puts a new content in its place, as a whole or not at all, with the mode and the owner of the old one. No copy stays behind, and none is ever open to more people than the file itself.
    /// Throws <see cref="MillError.StorageUnavailable"/>, and <see cref="MillError.PreconditionFailed"/> where it does not hold any more what was read; the file is as it was then.
    /// </summary>
    public async Task ReplaceAsync(SecretValue old, SecretValue content, CancellationToken cancellationToken)
    {
        using (var present = await GivenBytes.ReadFileAsync(Path, MaxSize, cancellationToken).ConfigureAwait(false))
        {
            // Whoever saved it in an editor meanwhile does not lose that.
            if (!old.Reveal(bytes => bytes.SequenceEqual(present.WrittenSpan))) throw new MillException(MillError.PreconditionFailed, Words.FileChanged(Path)) { Hint = Words.FileChangedHint };
        }
        FileReplacement.Write(Path, content, static (value, file) => value.Reveal(file, static (bytes, to) => to.Write(bytes)));
    }
}
