using Microsoft.AspNetCore.Http;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>
/// Which secret a request is about, and which part of it. Read from the request line as it was sent: the server's own decoding resolves dots and mixes
/// <c>/</c> with <c>%2F</c>, but here a last segment <c>history</c> is the history, and <c>%2Fhistory</c> is part of a name.
/// </summary>
internal readonly record struct SecretPath(SecretName Name, string? Part)
{
    public const string Prefix = "/v1/secrets/";

    /// <summary>Throws <see cref="MillError.InvalidName"/>, or <see cref="MillError.InvalidRequest"/> for a path in disguise.</summary>
    public static SecretPath Of(HttpContext http)
    {
        var path = RawTarget.Path(http);
        if (!path.StartsWith(Prefix)) throw new MillException(MillError.InvalidRequest, "The path up to the name must be written plainly: /v1/secrets/NAME.");
        var rest = path[Prefix.Length..];
        var slash = rest.LastIndexOf('/');
        var part = slash > 0 ? rest[(slash + 1)..] switch { "history" => "history", "destroy" => "destroy", _ => null } : null;
        return new(SecretName.Parse(Decode(part is null ? rest : rest[..slash])), part);
    }

    /// <summary>Percent-decodes once. Null for what no name can hold.</summary>
    private static string? Decode(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%')) return text.ToString();
        var (decoded, length) = (new char[text.Length], 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%') decoded[length++] = text[i];
            else if (i + 2 < text.Length && byte.TryParse(text.Slice(i + 1, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var code) && code < 0x80) (decoded[length++], i) = ((char)code, i + 2);
            else return null;
        }
        return new(decoded, 0, length);
    }
}
