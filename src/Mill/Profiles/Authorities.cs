using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Profiles;

/// <summary>The files of the authorities that a cluster's servers are believed by.</summary>
internal static class Authorities
{
    /// <summary>Throws <see cref="MillError.Usage"/> for a file that is none.</summary>
    public static X509Certificate2 Read(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MillException(MillError.Usage, Words.NotAnAuthority(path, e.Message), e) { Hint = Words.NotAnAuthorityHint };
        }
    }

    /// <summary>Null where there is none.</summary>
    public static X509Certificate2? TryRead(string? path)
    {
        try
        {
            return path is null ? null : Read(path);
        }
        catch (MillException)
        {
            return null;
        }
    }
}
