using System.Text.Json;

namespace Mill.Tests.Cli;

/// <summary>
/// The rules of SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) for what Mill writes of it: which properties there may be and must be, and what may stand in them. The numbers are those of its sections.
/// </summary>
internal static class SarifRules
{
    /// <summary>What is against them, with where it stands; nothing where all is well.</summary>
    public static IReadOnlyList<string> Faults(JsonElement log)
    {
        var faults = new List<string>();
        Object(log, "log", ["version", "runs"], ["$schema", "version", "runs"], faults); // 3.13
        if (log.GetProperty("version").GetString() is not "2.1.0") faults.Add("3.13.2: version");
        if (log.TryGetProperty("$schema", out var schema) && !Uri.TryCreate(schema.GetString(), UriKind.Absolute, out _)) faults.Add("3.13.3: $schema is no absolute URI");
        foreach (var run in log.GetProperty("runs").EnumerateArray()) Run(run, faults);
        return faults;
    }

    private static void Run(JsonElement run, List<string> faults)
    {
        Object(run, "run", ["tool"], ["tool", "results", "columnKind"], faults); // 3.14
        if (run.TryGetProperty("columnKind", out var kind) && kind.GetString() is not ("utf16CodeUnits" or "unicodeCodePoints")) faults.Add("3.14.17: columnKind");
        var tool = run.GetProperty("tool");
        Object(tool, "tool", ["driver"], ["driver"], faults); // 3.18
        var driver = tool.GetProperty("driver");
        Object(driver, "driver", ["name"], ["name", "version", "rules"], faults); // 3.19
        var rules = driver.GetProperty("rules").EnumerateArray().ToList();
        foreach (var rule in rules)
        {
            Object(rule, "rule", ["id"], ["id", "shortDescription"], faults); // 3.49
            Message(rule.GetProperty("shortDescription"), "shortDescription", faults);
        }
        var ids = rules.ConvertAll(rule => rule.GetProperty("id").GetString()!);
        if (ids.Distinct(StringComparer.Ordinal).Count() != ids.Count) faults.Add("3.19.23: two rules are the same");
        foreach (var result in run.GetProperty("results").EnumerateArray()) Result(result, ids, faults);
    }

    private static void Result(JsonElement result, List<string> rules, List<string> faults)
    {
        Object(result, "result", ["message"], ["ruleId", "ruleIndex", "level", "message", "locations"], faults); // 3.27
        var index = result.GetProperty("ruleIndex").GetInt32();
        if (index < 0 || index >= rules.Count || rules[index] != result.GetProperty("ruleId").GetString()) faults.Add("3.27.6: ruleIndex and ruleId are of two rules");
        if (result.GetProperty("level").GetString() is not ("none" or "note" or "warning" or "error")) faults.Add("3.27.10: level");
        Message(result.GetProperty("message"), "message", faults);
        foreach (var location in result.GetProperty("locations").EnumerateArray())
        {
            Object(location, "location", [], ["physicalLocation"], faults); // 3.28
            var physical = location.GetProperty("physicalLocation");
            Object(physical, "physicalLocation", ["artifactLocation"], ["artifactLocation", "region"], faults); // 3.29
            var artifact = physical.GetProperty("artifactLocation");
            Object(artifact, "artifactLocation", ["uri"], ["uri"], faults); // 3.4
            Reference(artifact.GetProperty("uri").GetString()!, faults);
            var region = physical.GetProperty("region");
            Object(region, "region", ["startLine"], ["startLine", "startColumn"], faults); // 3.30
            foreach (var number in region.EnumerateObject().Where(number => number.Value.GetInt32() < 1)) faults.Add($"3.30: {number.Name} is less than 1");
        }
    }

    /// <summary>3.4.3: a URI reference, and a relative one counts from the top of the repository.</summary>
    private static void Reference(string uri, List<string> faults)
    {
        var isReference = uri.Length > 0 && uri.All(c => char.IsAsciiLetterOrDigit(c) || "-._~:/?#[]@!$&'()*+,;=%".Contains(c)) && uri.Split('%').Skip(1).All(rest => rest is [var a, var b, ..] && char.IsAsciiHexDigit(a) && char.IsAsciiHexDigit(b));
        if (!isReference || uri.StartsWith('/') || uri.Split('/').Contains("..")) faults.Add($"3.4.3: {uri}");
    }

    /// <summary>3.11: braces stand for arguments, of which there are none, unless there are two of them.</summary>
    private static void Message(JsonElement message, string what, List<string> faults)
    {
        Object(message, what, ["text"], ["text"], faults);
        var text = message.GetProperty("text").GetString()!;
        if (text is "" || !text.EndsWith('.') && !text.EndsWith('?')) faults.Add($"3.11.3: {what} is no sentence: {text}");
        if (text.Replace("{{", "", StringComparison.Ordinal).Replace("}}", "", StringComparison.Ordinal).AsSpan().ContainsAny('{', '}')) faults.Add($"3.11.5: {what} has arguments: {text}");
    }

    private static void Object(JsonElement element, string what, string[] required, string[] known, List<string> faults)
    {
        if (element.ValueKind is not JsonValueKind.Object) throw new InvalidOperationException($"{what} is no object.");
        var names = element.EnumerateObject().Select(property => property.Name).ToList();
        faults.AddRange(required.Except(names).Select(name => $"{what} has no {name}"));
        faults.AddRange(names.Except(known).Select(name => $"{what} has {name}, which is not known here"));
        if (names.Distinct().Count() != names.Count) faults.Add($"{what} has a property twice");
    }
}
