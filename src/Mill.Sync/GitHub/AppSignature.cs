using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>What an app shows instead of a token: a JSON Web Token (RFC 7519) with RS256.</summary>
internal static class AppSignature
{
    /// <summary>GitHub takes ten minutes at most, and its clock may be ahead of ours.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(9);

    private static readonly TimeSpan Backdating = TimeSpan.FromMinutes(1);

    /// <summary>Throws <see cref="MillError.Configuration"/> for what is no key.</summary>
    public static SecretValue Make(string appId, SecretValue privateKey, DateTimeOffset now)
    {
        using var key = Open(appId, privateKey);
        var claims = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"iat":{{(now - Backdating).ToUnixTimeSeconds()}},"exp":{{(now + Life).ToUnixTimeSeconds()}},"iss":{{JsonSerializer.Serialize(appId, GitHubJson.Default.String)}}}""");
        var text = $"{Base64("""{"alg":"RS256","typ":"JWT"}"""u8)}.{Base64(Encoding.UTF8.GetBytes(claims))}";
        return SecretValue.FromText($"{text}.{Base64(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}");
    }

    private static RSA Open(string appId, SecretValue privateKey)
    {
        var key = RSA.Create();
        try
        {
            privateKey.Reveal(key, Import);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            // Without the cause: nobody knows what it quotes.
            throw new MillException(MillError.Configuration, $"The private key of the GitHub App {appId} is none.") { Hint = "Give it the whole file that GitHub made, beginning with -----BEGIN RSA PRIVATE KEY-----." };
        }
    }

    private static void Import(ReadOnlySpan<byte> pem, RSA key)
    {
        var text = new char[Encoding.UTF8.GetCharCount(pem)];
        Encoding.UTF8.GetChars(pem, text);
        try
        {
            key.ImportFromPem(text);
        }
        finally
        {
            Array.Clear(text);
        }
    }

    private static string Base64(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
