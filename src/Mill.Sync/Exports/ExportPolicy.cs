using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Exports;

/// <summary>A policy as a variable of a repository holds it: a line for each rule, <c>allow NAMES TARGETS</c> or <c>deny NAMES TARGETS</c>, several of either with commas between them.</summary>
public static class ExportPolicy
{
    /// <summary>Throws <see cref="MillError.Configuration"/> with every line that is none: what cannot be read allows nothing.</summary>
    public static IReadOnlyList<PolicyRule> Read(string text)
    {
        var (rules, problems) = (new List<PolicyRule>(), new List<string>());
        foreach (var (line, number) in text.Split('\n').Select((line, index) => (line.Split('#')[0].Trim(), index + 1)))
        {
            if (line is "") continue;
            if (line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [("allow" or "deny") and var verb, var names, var targets] && IsList(names, "_*") && IsList(targets, "_*-./@:")) rules.Add(new(verb is "allow", List(names), List(targets)));
            else problems.Add($"Line {number} is not: allow NAMES TARGETS, or deny NAMES TARGETS.");
        }
        if (problems.Count > 0) throw new MillException(MillError.Configuration, $"The policy for exports cannot be read. {string.Join(' ', problems)}");
        return rules;
    }

    /// <summary>A pattern with a character that no name has would match nothing: a slip in a rule that denies must not allow.</summary>
    private static bool IsList(string patterns, string signs) => List(patterns) is { Length: > 0 } list && list.All(pattern => pattern.All(c => char.IsAsciiLetterOrDigit(c) || signs.Contains(c)));

    private static string[] List(string patterns) => patterns.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
