using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>
/// Where the value of <c>mill secret set</c> comes from: the command line, a file, the standard input, or a person.
/// Files and input are taken byte for byte; only what is asked to be trimmed is.
/// </summary>
internal sealed record ValueSource(string? Argument, string? File)
{
    private const int MaxLength = 256 * 1024;
    private const string StandardInput = "-";

    /// <summary>The argument stands after <c>--</c>, so that it is the value whatever it looks like.</summary>
    public bool IsLiteral { get; init; }

    public bool TrimNewline { get; init; }

    public bool AllowEmpty { get; init; }

    /// <summary>Null where the person who was asked gave up. An empty value has to be meant: a pipe whose other end failed is empty, too. Throws <see cref="MillError.InvalidValue"/> for it, <see cref="MillError.Usage"/> for two sources at once or a file that cannot be read, and <see cref="MillError.TooLarge"/>.</summary>
    public async Task<SecretValue?> ReadAsync(string name, Terminal terminal, CancellationToken cancellationToken)
    {
        if (Argument is not null && File is not null) throw UsageErrors.Exclusive("VALUE", "--file");
        if (Argument is not null && (IsLiteral || Argument is not StandardInput)) return SecretValue.FromText(Argument);
        var value = await ReadOtherAsync(name, terminal, cancellationToken).ConfigureAwait(false);
        if (AllowEmpty || value is not { Length: 0 }) return value;
        throw new MillException(MillError.InvalidValue, Words.EmptyValue) { Hint = Words.EmptyValueHint(name) };
    }

    private async Task<SecretValue?> ReadOtherAsync(string name, Terminal terminal, CancellationToken cancellationToken)
    {
        if (Argument is null && File is null && terminal.InputIsTerminal) return Prompt.Secret(terminal, name);
        var isFile = File is not null and not StandardInput;
        using var bytes = isFile
            ? await GivenBytes.ReadFileAsync(File!, MaxLength + 2, cancellationToken).ConfigureAwait(false)
            : await GivenBytes.ReadAsync(terminal.Input, MaxLength + 2, cancellationToken).ConfigureAwait(false);
        var length = TrimNewline ? LengthWithoutNewline(bytes.WrittenSpan) : bytes.WrittenCount;
        if (length > MaxLength) throw TooLarge();
        if (!TrimNewline && LengthWithoutNewline(bytes.WrittenSpan) != length) terminal.Say(Words.EndsWithNewline);
        return SecretValue.FromBytes(bytes.WrittenSpan[..length]);
    }

    private static int LengthWithoutNewline(ReadOnlySpan<byte> bytes)
    {
        if (bytes.EndsWith("\r\n"u8)) return bytes.Length - 2;
        return bytes.EndsWith("\n"u8) ? bytes.Length - 1 : bytes.Length;
    }

    private static MillException TooLarge() => new(MillError.TooLarge, Words.ValueTooLarge) { Hint = Words.ValueTooLargeHint };

    // A record prints its members; the argument is a value.
    public override string ToString() => nameof(ValueSource);
}
