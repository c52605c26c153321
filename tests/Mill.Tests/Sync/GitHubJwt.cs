using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Mill.Testing.GitHub;

namespace Mill.Tests.Sync;

/// <summary>What an app shows to get a token.</summary>
internal static class GitHubJwt
{
    public static JsonObject Claims(TimeProvider time, string issuer)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return new() { ["iss"] = issuer, ["iat"] = now - 60, ["exp"] = now + 540 };
    }

    public static string Sign(FakeApp app, TimeProvider time) => Sign(app, Claims(time, $"{app.Id}"));

    public static string Sign(FakeApp app, JsonObject claims, string algorithm = "RS256")
    {
        using var key = RSA.Create();
        key.ImportFromPem(app.PrivateKeyPem);
        var text = $"{Encode(Encoding.UTF8.GetBytes(new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" }.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{text}.{Encode(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
