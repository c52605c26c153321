namespace Mill.Sync.GitHub;

/// <summary>Which GitHub, and who asks it.</summary>
public sealed record GitHubOptions
{
    /// <summary>Of github.com.</summary>
    public static readonly Uri DefaultAddress = new("https://api.github.com/");

    /// <summary>For a GitHub Enterprise Server <c>https://HOST/api/v3/</c>.</summary>
    public Uri Address { get; init; } = DefaultAddress;

    /// <summary>Disposed with the client.</summary>
    public required IGitHubCredentials Credentials { get; init; }

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait, all in all for one request, until GitHub takes more of them; longer is an error that says until when.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Where changes are noted, so that others that make some know of them; null where each program counts its own.</summary>
    public SharedWriteLog? Log { get; init; }

    /// <summary>Where waits are noted for whoever asks next from this machine; null where each program hears for itself.</summary>
    public WaitNote? Note { get; init; }

    /// <summary>Told before each wait for GitHub's limits: why, and how long it takes. Must not throw.</summary>
    public Action<string, TimeSpan>? Waiting { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    // A record prints its members.
    public override string ToString() => Address.ToString();
}
