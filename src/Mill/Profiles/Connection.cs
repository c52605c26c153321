using System.Globalization;
using Mill.Client;
using Mill.Core.Members;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Profiles;

/// <summary>Which server a command talks to, and as whom: what the command line says, else the environment, else the profile.</summary>
internal static class Connection
{
    public const string AddressVariable = "MILL_ADDRESS";
    public const string TokenVariable = "MILL_TOKEN";
    public const string TenantVariable = "MILL_TENANT";
    public const string AuthorityVariable = "MILL_CACERT";
    public const string TimeoutVariable = "MILL_API_CLIENT_TIMEOUT_MS";

    private const int MostMilliseconds = 86_400_000;

    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(2);

    /// <summary>The token is null where nothing names one. Throws <see cref="MillError.Usage"/> for an address, or a limit of time, that is none, and <see cref="MillError.Unauthenticated"/> for a token that is none.</summary>
    public static MillClientOptions Resolve(CliHost host, string? address, string? token, string? tenant, string? authority)
    {
        address ??= host.Variable(AddressVariable);
        token ??= host.Variable(TokenVariable);
        authority ??= host.Variable(AuthorityVariable);
        var profile = address is null || token is null || authority is null ? ProfileFile.Find(host)?.Read(host.Terminal) : null;
        var server = (address ?? profile?.Address) is { } text ? Parse(text, (authority ?? profile?.CaCert) is null ? "http" : "https") : MillClientOptions.DefaultAddress;
        // Its authority says only who is believed: another node of the same cluster has the same.
        authority ??= server.Scheme is "https" ? profile?.CaCert : null;
        token ??= profile is not null && (Parse(profile.Address) == server || IsSameCluster(profile, server, authority)) ? profile.Token : null;
        var options = new MillClientOptions { Authority = authority is null ? null : Authorities.Read(authority), Address = server, Token = token is null ? null : Checked(token), Tenant = tenant ?? host.Variable(TenantVariable), Time = host.Time };
        return host.Variable(TimeoutVariable) is { } limit ? options with { Timeout = Timeout(limit) } : options;
    }

    /// <summary>
    /// Throws <see cref="MillError.Unauthenticated"/> where there is no token, and before it <see cref="MillError.Unreachable"/> where there is no server either:
    /// whoever starts one gets a token with it.
    /// </summary>
    public static async Task DemandTokenAsync(MillClientOptions options, CancellationToken cancellationToken)
    {
        if (options.Token is not null) return;
        using var client = new MillClient(options with { Tenant = null, Timeout = ProbePatience });
        try
        {
            await client.GetHealthAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is not MillError.Unreachable)
        {
            // Something answers.
        }
        throw new MillException(MillError.Unauthenticated, Words.NoToken(options.Address)) { Hint = Words.NoTokenHint };
    }

    /// <summary>
    /// The profile's token belongs to the profile's server, and another address must not be handed it; unless that has to show a certificate of the same cluster
    /// first.
    /// </summary>
    private static bool IsSameCluster(Profile profile, Uri server, string? authority) => server.Scheme is "https" && authority is not null && authority == profile.CaCert;

    /// <summary>An address as people write it: the scheme may be left out.</summary>
    public static Uri Parse(string text, string scheme = "http")
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : $"{scheme}://{text}";
        return Uri.TryCreate(full, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" }
            ? address
            : throw new MillException(MillError.Usage, Words.NotAnAddress) { Hint = Words.NotAnAddressHint };
    }

    private static TimeSpan Timeout(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is > 0 and <= MostMilliseconds
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw new MillException(MillError.Usage, Words.NotATimeout(text, MostMilliseconds)) { Hint = Words.NotATimeoutHint };

    /// <summary>A token that cannot stand in a header, or is none for this, refused here without repeating it.</summary>
    private static string Checked(string token)
    {
        foreach (var character in token)
        {
            if (character is <= ' ' or > '~') throw new MillException(MillError.Unauthenticated, Words.NotAToken) { Hint = Words.NoTokenHint };
        }
        return token.StartsWith(JoinToken.Prefix, StringComparison.Ordinal) ? throw new MillException(MillError.Unauthenticated, Words.JoinTokenIsNoAccess) { Hint = Words.JoinTokenIsNoAccessHint } : token;
    }
}
