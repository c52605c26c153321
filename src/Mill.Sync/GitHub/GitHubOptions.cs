namespace Mill.Sync.GitHub;

/// <summary>Which GitHub, and who asks it.</summary>
public sealed record GitHubOptions
{
    /// <summary>Of github.com.</summary>
    public static readonly Uri DefaultAddress = new("https://api.github.com/");

    /// <summary>For a GitHub Enterprise Server <c>https://HOST/api/v3/</c>.</summary>
    public Uri Address { get; init; } = DefaultAddress;

    public required IGitHubCredentials Credentials { get; init; }

    /// <summary>Of the API; servers refuse one that they do not know.</summary>
    public string ApiVersion { get; init; } = "2022-11-28";

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait, all in all for one request, until GitHub takes more of them; longer is an error that says until when.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>When changes were made before, by this program or another with the same token, as far as that is known: they count.</summary>
    public IReadOnlyList<DateTimeOffset> EarlierWrites { get; init; } = [];

    /// <summary>Told before each wait for GitHub's limits: why, and how long it takes. Must not throw.</summary>
    public Action<string, TimeSpan>? Waiting { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    // A record prints its members.
    public override string ToString() => Address.ToString();
}
