using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Mill.Secrets.DotEnv;

/// <summary>Tells variables that look like secrets from their names, and from what their values hold. A guess: it may miss one, and it may take one for a secret that is none.</summary>
public static class SecretLook
{
    private const string Name = "its name says that it is a secret";
    private const string Address = "it holds a password in an address";
    private const string PrivateKey = "it holds a private key";
    private const string Token = "it begins like an access token";
    private const string Beside = "its name says that it is a secret, and text stands beside the reference";

    /// <summary>Stands for a reference while a value is looked at: no file has it.</summary>
    private const byte Reference = 1;

    /// <summary>Beside references, fewer letters and digits than these are no secret.</summary>
    private const int LeastBeside = 4;

    private static readonly string[] SecretWords = ["PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "SECRET", "TOKEN", "APIKEY", "KEY", "CREDENTIAL", "CREDS", "PRIVATE"];

    /// <summary>A word that ends with one of these means it, too: PGPASSWORD, AUTHTOKEN.</summary>
    private static readonly string[] SecretEndings = ["PASSWORD", "PASSWD", "PWD", "SECRET", "SECRETKEY", "TOKEN", "APIKEY"];

    /// <summary>What PASS means a password behind, in one word: DBPASS, but not COMPASS.</summary>
    private static readonly FrozenSet<string> PassBeginnings = new[] { "DB", "USER", "ROOT", "ADMIN", "PG", "MYSQL", "SQL", "SMTP", "MAIL", "REDIS", "FTP", "SSH" }.ToFrozenSet();

    /// <summary>What a name ends with that says something about a secret: TOKEN_URL, AWS_ACCESS_KEY_ID.</summary>
    private static readonly FrozenSet<string> AboutWords = new[]
    {
        "FILE", "PATH", "DIR", "NAME", "ID", "URL", "URI", "HOST", "PORT", "ENDPOINT", "TTL", "EXPIRY", "EXPIRES", "EXPIRATION", "LIFETIME", "TIMEOUT", "DAYS", "SECONDS", "LENGTH", "LEN", "SIZE", "BITS", "MIN",
        "MAX", "COUNT", "LIMIT", "AGE", "ATTEMPTS", "RETRIES", "ENABLED", "REQUIRED", "TYPE", "FORMAT", "ALGORITHM", "ALG", "ISSUER", "AUDIENCE", "HEADER", "PREFIX", "SUFFIX", "POLICY", "HINT", "VERSION", "PROVIDER", "PUBLIC", "PUB",
    }.ToFrozenSet();

    /// <summary>What a name begins with that counts tokens, which are none of access then: MAX_TOKENS. What REQUIRE_PASSWORD and its like hold is seen by their values.</summary>
    private static readonly FrozenSet<string> Counts = new[] { "MAX", "MIN", "NUM", "TOTAL" }.ToFrozenSet();

    private static readonly byte[][] TokenBeginnings =
    [
        .. new[] { "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-", "sk_live_", "rk_live_", "sk-", "AKIA", "AIza", "npm_", "dop_v1_", "SG.", "hvs.", "mill_" }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly SearchValues<byte> AuthorityEnds = SearchValues.Create("/?# \t\r\n,"u8);

    private static readonly SearchValues<byte> AddressEnds = SearchValues.Create(" \t\r\n,"u8);

    private static readonly SearchValues<byte> SchemeBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-"u8);

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    private static readonly char[] Digits = [.. "0123456789"];

    private static readonly byte[][] NoSecrets = [.. new[] { "true", "false", "yes", "no", "on", "off", "0", "1", "null", "none" }.Select(Encoding.ASCII.GetBytes)];

    /// <summary>Why a variable looks like a secret whose plaintext stands in the file; null where it does not.</summary>
    public static string? Find(DotEnvDocument document, DotEnvAssignment assignment)
    {
        using var written = Write(document, assignment);
        var text = written.WrittenSpan;
        if (HasPassword(text)) return Address;
        if (text.IndexOf("-----BEGIN "u8) >= 0 && text.IndexOf("PRIVATE KEY-----"u8) >= 0) return PrivateKey;
        // What is a reference, or another variable, is no plaintext; what stands beside them may be.
        if (text.Contains(Reference)) return IsSecret(Key()) && CountBeside(text) >= LeastBeside ? Beside : null;
        while (TryFindDefault(text, out var word)) text = word;
        if (text.IsEmpty || IsVariable(text) || IsOneOf(text, NoSecrets)) return null;
        foreach (var beginning in TokenBeginnings)
        {
            if (text.Length >= beginning.Length + 12 && text.StartsWith(beginning)) return Token;
        }
        return IsSecret(Key()) ? Name : null;

        string Key() => Encoding.UTF8.GetString(document[assignment.Key]);
    }

    /// <summary>Whether the name of a variable says that it is a secret.</summary>
    public static bool IsSecret(string key)
    {
        var words = Words(key);
        if (words.Count == 0 || AboutWords.Contains(words[^1]) || words.Contains("PUBLIC") || CountsTokens(words)) return false;
        return words.Exists(word => IsSecretWord(word) || IsSecretWord(word.TrimEnd('S')));
    }

    private static bool CountsTokens(List<string> words) => Counts.Contains(words[0]) && words.Count > 1 && (words[1] is "TOKEN" || words[^1] is "TOKENS");

    private static bool IsSecretWord(string word) =>
        SecretWords.Contains(word)
        || Array.Exists(SecretEndings, ending => word.EndsWith(ending, StringComparison.Ordinal))
        || (word.EndsWith("PASS", StringComparison.Ordinal) && PassBeginnings.Contains(word[..^4]));

    private static PinnedWriter Write(DotEnvDocument document, DotEnvAssignment assignment)
    {
        var text = new PinnedWriter();
        foreach (var piece in DotEnvPiece.Of(document, assignment.Inner))
        {
            if (piece.Kind is DotEnvPieceKind.Text) text.Write(document[piece.Whole]);
            else if (piece.Kind is not DotEnvPieceKind.Escape) text.Write([Reference]);
            // What follows may be the name that should have been closed: a problem of its own.
            if (piece.Kind is DotEnvPieceKind.Unclosed) break;
        }
        return text;
    }

    /// <summary><c>scheme://user:password@host</c> (RFC 3986, section 3.2.1), where the password is neither a reference nor another variable.</summary>
    private static bool HasPassword(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf("://"u8) is >= 0 and var scheme)
        {
            text = text[(scheme + 3)..];
            var end = text.IndexOfAny(AuthorityEnds);
            var authority = end < 0 ? text : text[..end];
            if (authority.LastIndexOf((byte)'@') is not (> 0 and var at) || authority[..at].IndexOf((byte)':') is not (>= 0 and var colon)) continue;
            var password = authority[(colon + 1)..at];
            if (password.Contains(Reference) ? CountLetters(password) >= LeastBeside : !password.IsEmpty && !IsVariable(password)) return true;
        }
        return false;
    }

    /// <summary>The letters and digits beside the references, without what addresses are built of.</summary>
    private static int CountBeside(ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (text.IndexOf("://"u8) is >= 0 and var scheme)
        {
            count += CountLetters(text[..(text[..scheme].LastIndexOfAnyExcept(SchemeBytes) + 1)]);
            text = text[(scheme + 3)..];
            var authority = End(text, AuthorityEnds);
            // Where the password is a reference, all of the address is there for it.
            var isBuiltAround = text[..authority].Contains(Reference) && text[..authority].Contains((byte)'@');
            text = text[(isBuiltAround ? End(text, AddressEnds) : authority)..];
        }
        return count + CountLetters(text);

        static int End(ReadOnlySpan<byte> text, SearchValues<byte> ends) => text.IndexOfAny(ends) is >= 0 and var end ? end : text.Length;
    }

    /// <summary>ASCII letters, digits and every byte of other characters, but not the names of other variables.</summary>
    private static int CountLetters(ReadOnlySpan<byte> text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i..].StartsWith("${"u8) && text[i..].IndexOf((byte)'}') is > 0 and var close)
            {
                if (TryFindDefault(text.Slice(i, close + 1), out var word)) count += CountLetters(word);
                i += close;
            }
            else if (char.IsAsciiLetterOrDigit((char)text[i]) || text[i] >= 0x80) count++;
        }
        return count;
    }

    /// <summary>All of it: <c>$NAME</c>, or <c>${…}</c> without a text that would stand in for it. A password may begin with a dollar, too.</summary>
    private static bool IsVariable(ReadOnlySpan<byte> text)
    {
        var isDefault = false;
        for (; TryFindDefault(text, out var word); text = word) isDefault = true;
        return text switch
        {
            [] => isDefault,
            [(byte)'$', (byte)'{', .. var inner, (byte)'}'] => !inner.Contains((byte)'}'),
            [(byte)'$', not (>= (byte)'0' and <= (byte)'9'), ..] => !text[1..].ContainsAnyExcept(NameBytes),
            _ => false,
        };
    }

    /// <summary>
    /// The word of <c>${NAME:-word}</c> and its like, where that is the whole text (POSIX 2024, Shell Command Language 2.6.2; Compose and dotenv-expand have it, too): what stands there is as plain as without them.
    /// </summary>
    private static bool TryFindDefault(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> word)
    {
        word = default;
        if (text is not [(byte)'$', (byte)'{', .. var inner, (byte)'}'] || inner.IndexOfAnyExcept(NameBytes) is not (> 0 and var end)) return false;
        var rest = inner[end] is (byte)':' ? inner[(end + 1)..] : inner[end..];
        if (rest is not [(byte)'-' or (byte)'=' or (byte)'+', .. var found] || !IsBalanced(found)) return false;
        word = found;
        return true;
    }

    /// <summary>Whether every brace that is closed was opened before: else there are two variables side by side.</summary>
    private static bool IsBalanced(ReadOnlySpan<byte> text)
    {
        var depth = 0;
        foreach (var letter in text)
        {
            if (letter is (byte)'{') depth++;
            if (letter is (byte)'}' && --depth < 0) return false;
        }
        return true;
    }

    private static bool IsOneOf(ReadOnlySpan<byte> text, byte[][] words)
    {
        foreach (var word in words)
        {
            if (Ascii.EqualsIgnoreCase(text, word)) return true;
        }
        return false;
    }

    private static List<string> Words(string key)
    {
        var words = new List<string>();
        var start = 0;
        for (var i = 0; i <= key.Length; i++)
        {
            var isEnd = i == key.Length || key[i] is '_' or '.' or '-';
            if (!isEnd && !(i > start && char.IsAsciiLetterUpper(key[i]) && char.IsAsciiLetterLower(key[i - 1]))) continue;
            // DB_PASSWORD2 and PASSWORD_2 are what DB_PASSWORD and PASSWORD are.
            if (key[start..i].TrimEnd(Digits) is { Length: > 0 } word) words.Add(word.ToUpperInvariant());
            start = isEnd ? i + 1 : i;
        }
        return words;
    }
}
