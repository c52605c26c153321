using System.Globalization;

namespace Mill.Core.Sync;

/// <summary>A place in a file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
public sealed record SourcePlace(string File, int Line, int Column)
{
    /// <summary>As compilers say it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
}
