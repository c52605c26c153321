using System.Text;

namespace Mill.Tests.Server.Hostile;

/// <summary>JSON that is well-formed more often than not, and made of the API's own words.</summary>
internal sealed class JsonMaker(int seed)
{
    private static readonly string[] Members = ["value", "value_base64", "versions", "all", "operations", "op", "name", "if_version", "if_absent", "subject", "tenant", "role", "allow", "deny", "expires_in", "max_versions", "max_age", "extra", "", "\\ud800", "Value"];

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "1", "-1", "1.5", "1e9", "1e400", "2147483648", "99999999999999999999", "\"\"", "\"a\"", "\"set\"", "\"delete\"", "\"reader\"", "\"operator\"", "\"1h\"", "\"AAE=\"", "\"..\"", "\"a/b\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\udead\"", "\"\u00e9\"", "nul", "\"open", "01", "+1", "NaN",
    ];

    private readonly Random _random = new(seed);

    public string Make()
    {
        var text = new StringBuilder();
        Object(text, 0);
        if (_random.Next(10) == 0) text.Remove(_random.Next(text.Length), 1);
        return text.ToString();
    }

    private void Value(StringBuilder text, int depth)
    {
        var kind = depth > 20 ? 0 : _random.Next(6);
        if (kind == 4) Object(text, depth + 1);
        else if (kind == 5) Array(text, depth + 1);
        else text.Append(Scalars[_random.Next(Scalars.Length)]);
    }

    private void Object(StringBuilder text, int depth)
    {
        text.Append('{');
        for (var count = _random.Next(4); count >= 0; count--)
        {
            text.Append('"').Append(Members[_random.Next(Members.Length)]).Append("\":");
            Value(text, depth);
            if (count > 0) text.Append(',');
        }
        text.Append('}');
    }

    private void Array(StringBuilder text, int depth)
    {
        text.Append('[');
        for (var count = _random.Next(4); count > 0; count--)
        {
            Value(text, depth);
            if (count > 1) text.Append(',');
        }
        text.Append(']');
    }
}
