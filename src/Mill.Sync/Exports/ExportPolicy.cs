using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Exports;

/// <summary>
/// A policy as a variable of a repository holds it: a line for each rule, <c>allow NAMES TARGETS</c> or <c>deny NAMES TARGETS</c>, with <c>by LOGINS</c> behind it where it is about what these people ask for;
/// several of each with commas between them.
/// </summary>
public static class ExportPolicy
{
    private const string NameSigns = "_*";
    private const string TargetSigns = "_*-./@:";
    private const string LoginSigns = "_*-[]"; // acme-sync[bot] is an app

    /// <summary>Throws <see cref="MillError.Configuration"/> with every line that is none: what cannot be read allows nothing.</summary>
    public static IReadOnlyList<PolicyRule> Read(string text)
    {
        var (rules, problems) = (new List<PolicyRule>(), new List<string>());
        foreach (var (line, number) in text.Split('\n').Select((line, index) => (line.Split('#')[0].Trim(), index + 1)))
        {
            if (line is "") continue;
            if (Rule(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)) is { } rule) rules.Add(rule);
            else problems.Add($"Line {number} is not: allow NAMES TARGETS, or deny NAMES TARGETS, with or without: by LOGINS.");
        }
        if (problems.Count > 0) throw new MillException(MillError.Configuration, $"The policy for exports cannot be read. {string.Join(' ', problems)}");
        return rules;
    }

    /// <summary>One whose logins were forgotten, as in <c>deny NAMES by</c>, is none.</summary>
    private static PolicyRule? Rule(string[] words) => words switch
    {
        [("allow" or "deny") and var verb, var names, var targets] when IsList(names, NameSigns) && IsList(targets, TargetSigns) && targets is not "by" => new(verb is "allow", List(names), List(targets)),
        [.. var rule, "by", var logins] when IsList(logins, LoginSigns) => Rule(rule) is { Requesters: null } all ? all with { Requesters = List(logins) } : null,
        _ => null,
    };

    /// <summary>A pattern with a character that no name has would match nothing: a slip in a rule that denies must not allow.</summary>
    private static bool IsList(string patterns, string signs) => List(patterns) is { Length: > 0 } list && list.All(pattern => pattern.All(c => char.IsAsciiLetterOrDigit(c) || signs.Contains(c)));

    private static string[] List(string patterns) => patterns.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
