using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Mill.Core.Members;

/// <summary>
/// The text of a join token: <c>mill_join_</c>, an id, <c>_</c>, 256 random bits in base62, <c>_</c>, and the pin of the cluster's authority. Whoever holds
/// it knows whom to trust before a word is exchanged, and may join once.
/// </summary>
/// <param name="Pin">See <see cref="ClusterTrust.Pin"/>.</param>
public sealed record JoinToken(string Id, string Secret, string Pin)
{
    /// <summary>What the id and the secret part are drawn from.</summary>
    public const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public const int IdLength = 12;

    /// <summary>62^43 is the first power above 2^256.</summary>
    public const int SecretLength = 43;

    /// <summary>What every join token begins with, and no other.</summary>
    public const string Prefix = "mill_join_";

    private static readonly SearchValues<char> Base62 = SearchValues.Create(Alphabet);
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    /// <summary>How long a token works where nobody says otherwise.</summary>
    public static TimeSpan DefaultLifetime { get; } = TimeSpan.FromHours(1);

    public static TimeSpan MaxLifetime { get; } = TimeSpan.FromDays(7);

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out JoinToken? token)
    {
        token = null;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (text[Prefix.Length..].Split('_') is not [{ Length: IdLength } id, { Length: SecretLength } secret, { Length: ClusterTrust.PinLength } pin]) return false;
        if (id.AsSpan().ContainsAnyExcept(Base62) || secret.AsSpan().ContainsAnyExcept(Base62) || pin.AsSpan().ContainsAnyExcept(Hex)) return false;
        token = new(id, secret, pin);
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
    public string Reveal() => $"{Prefix}{Id}_{Secret}_{Pin}";

    // A record prints its members; the secret part must never be one of them.
    public override string ToString() => $"join token {Id}";
}
