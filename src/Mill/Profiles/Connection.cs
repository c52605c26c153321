using Mill.Client;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Profiles;

/// <summary>Which server a command talks to, and as whom: what the command line says, else the environment, else the profile.</summary>
internal static class Connection
{
    public const string AddressVariable = "MILL_ADDRESS";
    public const string TokenVariable = "MILL_TOKEN";
    public const string TenantVariable = "MILL_TENANT";

    /// <summary>Throws <see cref="MillError.Usage"/> for an address that is none, and <see cref="MillError.Unauthenticated"/> where there is no token.</summary>
    public static MillClientOptions Resolve(CliHost host, string? address, string? token, string? tenant)
    {
        address ??= host.Variable(AddressVariable);
        token ??= host.Variable(TokenVariable);
        var profile = address is null || token is null ? ProfileFile.Find(host)?.Read(host.Terminal) : null;
        var server = (address ?? profile?.Address) is { } text ? Parse(text) : MillClientOptions.DefaultAddress;
        // The profile's token belongs to the profile's server; another address must not be handed it.
        token ??= profile is not null && Parse(profile.Address) == server ? profile.Token : null;
        if (token is null) throw new MillException(MillError.Unauthenticated, Words.NoToken(server)) { Hint = Words.NoTokenHint };
        return new() { Address = server, Token = Checked(token), Tenant = tenant ?? host.Variable(TenantVariable), Time = host.Time };
    }

    /// <summary>An address as people write it: the scheme may be left out.</summary>
    public static Uri Parse(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" }
            ? address
            : throw new MillException(MillError.Usage, Words.NotAnAddress) { Hint = Words.NotAnAddressHint };
    }

    /// <summary>A token that cannot stand in a header, refused here without repeating it.</summary>
    private static string Checked(string token)
    {
        foreach (var character in token)
        {
            if (character is <= ' ' or > '~') throw new MillException(MillError.Unauthenticated, Words.NotAToken) { Hint = Words.NoTokenHint };
        }
        return token;
    }
}
