using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mill.Core.Model;
using Mill.Core.Sync;
using Mill.Sync.GitHub;

namespace Mill.Sync.Pushing;

/// <summary>Where in the vault the ledger of a target is.</summary>
public static class LedgerPlace
{
    private const string Root = WantedSecrets.Own + "ledger/";

    /// <summary>A name of a secret, and of this target only: of <c>Acme/Web@Prod</c> it is <c>mill-sync/ledger/repo/acme/web/env/prod</c>. Targets of another GitHub than github.com are under its host.</summary>
    public static string Of(SecretScope target, Uri gitHub)
    {
        var host = gitHub == GitHubOptions.DefaultAddress ? "" : $"at/{Safe(gitHub.Authority)}/";
        var place = target.Repository is { } repository ? $"repo/{Safe(repository.Owner)}/{Safe(repository.Name)}" : $"org/{Safe(target.Organization!)}";
        var part = target.Environment is { } environment ? $"env/{Safe(environment)}" : target.Store.ToString().ToLowerInvariant();
        var full = $"{host}{place}/{part}";
        return Root.Length + full.Length <= SecretName.MaxLength ? Root + full : $"{Root}long/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))}";
    }

    /// <summary>Where it stands when changes were made at this GitHub.</summary>
    public static string OfWrites(Uri gitHub) => $"{Root}writes/{Safe(gitHub.Authority)}";

    // GitHub does not tell cases apart. What a name cannot hold is written in hex after a dot, and so are dots; no two texts become one.
    private static string Safe(string text)
    {
        var safe = new StringBuilder();
        foreach (var unit in Encoding.UTF8.GetBytes(text.ToLowerInvariant()))
        {
            if (unit is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9') or (byte)'_' or (byte)'-') safe.Append((char)unit);
            else safe.Append(CultureInfo.InvariantCulture, $".{unit:x2}");
        }
        return safe.ToString();
    }
}
