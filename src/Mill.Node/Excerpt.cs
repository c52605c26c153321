namespace Mill.Node;

/// <summary>The beginning of what others have said, who may say anything.</summary>
internal static class Excerpt
{
    /// <summary>Of a reason, in characters: an Engine, or a registry, may quote anything, and every word of it is kept.</summary>
    public const int MostOfReason = 1000;

    /// <param name="most">In characters.</param>
    public static string Of(string text, int most)
    {
        if (text.Length <= most) return text;
        // Half of a character that takes two would be none.
        return text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "…";
    }
}
