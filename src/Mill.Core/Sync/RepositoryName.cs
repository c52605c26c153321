using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Mill.Core.Sync;

/// <summary>A repository as GitHub names it, <c>owner/name</c>. Names that differ in case only are one repository.</summary>
public sealed partial record RepositoryName
{
    private RepositoryName(string owner, string name) => (Owner, Name) = (owner, name);

    public string Owner { get; }

    public string Name { get; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out RepositoryName? repository)
    {
        var match = Pattern().Match(text ?? "");
        repository = match.Success && match.Groups["name"].Value is not ("." or "..") ? new(match.Groups["owner"].Value, match.Groups["name"].Value) : null;
        return repository is not null;
    }

    public bool Equals(RepositoryName? other) => other is not null && StringComparer.OrdinalIgnoreCase.Equals(ToString(), other.ToString());

    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(ToString());

    public override string ToString() => $"{Owner}/{Name}";

    [GeneratedRegex(@"\A(?<owner>[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}))/(?<name>[A-Za-z0-9._-]{1,100})\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
