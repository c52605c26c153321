using System.Collections.Immutable;

namespace Mill.Core.Language.Grammar;

/// <summary>What a value has to be.</summary>
public enum ValueKind
{
    /// <summary>A text without references.</summary>
    Text,

    /// <summary>A text that may have references.</summary>
    Template,

    /// <summary>A number, perhaps with a fraction.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,
    Bool,
    Size,
    Duration,

    /// <summary>One of some words.</summary>
    Choice,

    /// <summary>A program and what is passed to it.</summary>
    Command,
}

/// <summary>A key of a block. Reader, reference page and JSON schema are made from the same rules.</summary>
/// <param name="Meaning">In a sentence, for whoever writes a file.</param>
public sealed record KeyRule(string Name, ValueKind Kind, string Meaning)
{
    /// <summary>What counts where the key is not there, as it would be written; null where nothing does.</summary>
    public string? Default { get; init; }

    public bool IsRequired { get; init; }

    /// <summary>The words of a <see cref="ValueKind.Choice"/>.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];
}

/// <summary>A block.</summary>
/// <param name="Meaning">In a sentence, for whoever writes a file.</param>
public sealed record BlockRule(string Name, string Meaning)
{
    /// <summary>What the text behind its name is; null where there is none.</summary>
    public string? Label { get; init; }

    public ImmutableArray<KeyRule> Keys { get; init; } = [];

    public ImmutableArray<BlockRule> Blocks { get; init; } = [];

    /// <summary>What any other key is; null where there may be none.</summary>
    public KeyRule? Others { get; init; }

    /// <summary>How one looks in a file.</summary>
    public string Example { get; init; } = "";
}
