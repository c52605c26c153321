using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>What an app shows to get a token (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).</summary>
internal static class AppJwt
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static bool IsOne(string token) => token.Split('.') is [var header, _, _] && Part(header) is not null;

    /// <summary>Throws <see cref="RefusedException"/> for what GitHub does not take.</summary>
    public static FakeApp Verify(string token, World world)
    {
        var parts = token.Split('.');
        if (Part(parts[0]) is not { } header || header["alg"]?.ToString() is not "RS256" || Part(parts[1]) is not { } claims) throw Undecodable();
        var issuer = claims["iss"]?.ToString();
        var app = world.Apps.Find(app => issuer == app.ClientId || issuer == app.Id.ToString(CultureInfo.InvariantCulture)) ?? throw new RefusedException(Answer.Error(404, "Integration not found"));
        if (!Base64Url.IsValid(parts[2]) || !app.HasSigned(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]))) throw Undecodable();
        if (Time(claims, "iat") is not { } issued || issued > world.Now)
            throw Refused("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
        if (Time(claims, "exp") is not { } expires || expires <= world.Now)
            throw Refused("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires");
        if (expires > world.Now + Longest) throw Refused("'Expiration time' claim ('exp') is too far in the future");
        return app;
    }

    private static DateTimeOffset? Time(JsonObject claims, string name) => claims[name] is JsonValue value && value.TryGetValue<long>(out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static JsonObject? Part(string text)
    {
        try
        {
            return Base64Url.IsValid(text) ? JsonNode.Parse(Base64Url.DecodeFromChars(text)) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static RefusedException Undecodable() => Refused("A JSON web token could not be decoded");

    private static RefusedException Refused(string message) => new(Answer.Error(401, message));
}
