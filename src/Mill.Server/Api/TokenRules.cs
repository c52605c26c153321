using Mill.Core.Model;

namespace Mill.Server.Api;

/// <summary>What a token may be made of.</summary>
internal static class TokenRules
{
    public static bool IsId(string id) => id.Length is > 0 and <= 32 && id.All(char.IsAsciiLetterOrDigit);

    /// <summary>Shown in histories and logs, so nothing that a terminal or a log would take for more than text.</summary>
    public static bool IsSubject(string subject, int maxLength) =>
        subject.Length > 0 && subject.Length <= maxLength && subject.Trim() == subject && subject.All(c => !char.IsControl(c) && !char.IsSurrogate(c) && char.GetUnicodeCategory(c) is not (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator));

    public static bool TryParseRole(string text, out Role role)
    {
        role = text switch
        {
            "reader" => Role.Reader,
            "writer" => Role.Writer,
            "deployer" => Role.Deployer,
            "operator" => Role.Operator,
            _ => (Role)(-1),
        };
        return Enum.IsDefined(role);
    }

    public static string Text(Role role) => role switch
    {
        Role.Reader => "reader",
        Role.Writer => "writer",
        Role.Deployer => "deployer",
        _ => "operator",
    };
}
