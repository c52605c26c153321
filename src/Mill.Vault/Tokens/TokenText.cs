using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Mill.Vault.Tokens;

/// <summary>The text of a token: <c>mill_</c>, an id, <c>_</c>, and 256 random bits in base62.</summary>
internal readonly record struct TokenText(string Id, string Secret)
{
    private const string Prefix = "mill_";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int IdLength = 12;

    private static readonly SearchValues<char> Base62 = SearchValues.Create(Alphabet);

    /// <summary>62^43 is the first power above 2^256.</summary>
    private const int SecretLength = 43;

    public static TokenText Generate() => new(RandomNumberGenerator.GetString(Alphabet, IdLength), RandomNumberGenerator.GetString(Alphabet, SecretLength));

    public static bool TryParse(ReadOnlySpan<char> text, out TokenText token)
    {
        token = default;
        if (text.Length != Prefix.Length + IdLength + 1 + SecretLength || !text.StartsWith(Prefix) || text[Prefix.Length + IdLength] != '_') return false;
        var id = text.Slice(Prefix.Length, IdLength);
        var secret = text[^SecretLength..];
        if (id.ContainsAnyExcept(Base62) || secret.ContainsAnyExcept(Base62)) return false;
        token = new(id.ToString(), secret.ToString());
        return true;
    }

    /// <summary>What is stored of the secret part.</summary>
    public byte[] HashSecret()
    {
        Span<byte> secret = stackalloc byte[SecretLength];
        Encoding.ASCII.GetBytes(Secret, secret);
        return SHA256.HashData(secret);
    }

    /// <summary>The whole token, for the one who may have it.</summary>
    public string Reveal() => $"{Prefix}{Id}_{Secret}";

    public override string ToString() => $"token {Id}";
}
