using System.Text.Json.Serialization;

namespace Mill.Profiles;

/// <summary>A server that somebody has chosen to work with, as it stands in <c>profile.json</c>.</summary>
internal sealed record Profile(string Address, string? Token, string Origin)
{
    /// <summary>Made by <c>mill dev</c>, which may replace it. Any other is somebody's own.</summary>
    public const string DevOrigin = "dev";

    /// <summary>Made by <c>mill init</c>, which may replace it.</summary>
    public const string InitOrigin = "init";

    /// <summary>The file of the authority to believe; null for those of the machine.</summary>
    public string? CaCert { get; init; }

    /// <summary>Whether a server made it and may replace it.</summary>
    [JsonIgnore]
    public bool IsMade => Origin is DevOrigin or InitOrigin;

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"{Address} ({Origin})";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Profile))]
internal sealed partial class ProfileJson : JsonSerializerContext;
