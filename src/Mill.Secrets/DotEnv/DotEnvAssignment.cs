namespace Mill.Secrets.DotEnv;

/// <summary>One variable of a <c>.env</c> file and where it stands, in bytes of the file.</summary>
/// <param name="Start">Where it begins: with <c>export</c>, or else with its name.</param>
/// <param name="Key">Its name.</param>
/// <param name="After">Where what assigns ends: <c>=</c>, or a colon and a blank.</param>
/// <param name="Value">What stands for its value, with quotes, without the blanks around it.</param>
/// <param name="Quote">The quote that stands around the value and does not belong to it; 0 where there is none.</param>
/// <param name="IsEscaped">True where <c>\n</c> and <c>\r</c> in the value are line breaks.</param>
public readonly record struct DotEnvAssignment(int Start, DotEnvPart Key, int After, DotEnvPart Value, byte Quote, bool IsEscaped)
{
    /// <summary>The value without its quotes.</summary>
    public DotEnvPart Inner => Quote is 0 ? Value : new(Value.Start + 1, Value.Length - 2);
}

/// <summary>Some bytes of a file.</summary>
public readonly record struct DotEnvPart(int Start, int Length)
{
    public int End => Start + Length;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> content) => content.Slice(Start, Length);
}
