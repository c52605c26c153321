using Mill.Client;
using Mill.Secrets;

namespace Mill.Profiles;

/// <summary>Whether a Mill server answers at an address. Sends no token.</summary>
internal static class ServerProbe
{
    public static async Task<bool> AnswersAsync(Profile profile, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new MillClient(new() { Address = Connection.Parse(profile.Address), Authority = Authorities.TryRead(profile.CaCert), Timeout = patience, Time = time });
            await client.GetHealthAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MillException)
        {
            return false;
        }
    }
}
