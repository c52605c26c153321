using System.Text.Json.Serialization;

namespace Mill.Profiles;

/// <summary>A server that somebody has chosen to work with, as it stands in <c>profile.json</c>.</summary>
internal sealed record Profile(string Address, string? Token, string Origin)
{
    /// <summary>Made by <c>mill dev</c>, which may replace it. Any other is somebody's own.</summary>
    public const string DevOrigin = "dev";

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"{Address} ({Origin})";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Profile))]
internal sealed partial class ProfileJson : JsonSerializerContext;
