using System.Net;
using System.Text.Json;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Sealing;

namespace Mill.Sync.GitHub;

public sealed partial class GitHubClient
{
    /// <summary>What new secrets of an organization are for: who else is to see them is said by people.</summary>
    private const string FirstVisibility = "private";

    private const string Selected = "selected";

    /// <summary>Waits until a change may be sent, and counts it. What has to be looked at right before it is looked at between this and <see cref="SendReservedAsync"/>.</summary>
    internal Task ReserveAsync(DateTimeOffset giveUp, CancellationToken cancellationToken) => _transport.ReserveAsync(giveUp, cancellationToken);

    /// <summary>Sends what <see cref="SealAsync"/> or <see cref="DeletionOf"/> made, at once and once. Null where GitHub takes no change right now.</summary>
    internal Task<GitHubAnswer?> SendReservedAsync(GitHubCall call, CancellationToken cancellationToken) =>
        call.Method == HttpMethod.Delete ? _transport.SendReservedAsync(call, cancellationToken, HttpStatusCode.NotFound) : _transport.SendReservedAsync(call, cancellationToken);

    /// <summary>What deletes the secret, all but sent.</summary>
    internal static GitHubCall DeletionOf(SecretScope scope, string name) => CallOf(HttpMethod.Delete, scope, name);

    /// <summary>What sets the secret, all but sent.</summary>
    internal async Task<GitHubCall> SealAsync(SecretScope scope, string name, SecretValue value, CancellationToken cancellationToken)
    {
        var wanted = GitHubSecretName.Normalize(name, out var reason) ?? throw new MillException(MillError.InvalidName, $"GitHub takes no secret with the name {name}: {reason}.");
        if (value.Length > GitHubSecretName.LongestValue) throw new MillException(MillError.TooLarge, $"The value of {wanted} is longer than the {GitHubSecretName.LongestValue} bytes that GitHub takes.");
        var (visibility, repositories) = scope.Organization is null ? default : await AudienceAsync(scope, wanted, cancellationToken).ConfigureAwait(false);
        var key = await KeyAsync(scope, cancellationToken).ConfigureAwait(false);
        return CallOf(HttpMethod.Put, scope, wanted) with { Body = JsonSerializer.SerializeToUtf8Bytes(Seal(value, key, visibility, repositories), GitHubJson.Default.SealedSecret) };
    }

    /// <summary>Asks for the key anew: that it was another one is why a box was not taken.</summary>
    internal async Task<bool> HasNewKeyAsync(SecretScope scope, CancellationToken cancellationToken)
    {
        _keys.TryRemove(scope, out var before);
        return await KeyAsync(scope, cancellationToken).ConfigureAwait(false) != before;
    }

    private static SealedSecret Seal(SecretValue value, PublicKeyItem key, string? visibility, IReadOnlyList<JsonElement>? repositories) =>
        new(Convert.ToBase64String(SealedBox.Seal(value, Convert.FromBase64String(key.Key))), key.KeyId, visibility, repositories);

    private async Task<PublicKeyItem> KeyAsync(SecretScope scope, CancellationToken cancellationToken)
    {
        if (_keys.TryGetValue(scope, out var known)) return known;
        var call = new GitHubCall(HttpMethod.Get, GitHubPaths.OwnerOf(scope), $"{GitHubPaths.SecretsOf(scope)}/public-key", $"the public key for the secrets of {scope}");
        var key = (await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false)).Read(call, GitHubJson.Default.PublicKeyItem);
        if (!Convert.TryFromBase64String(key.Key, new byte[key.Key.Length], out var length) || length != SealedBox.KeyLength) throw GitHubProblems.NotUnderstood(call);
        return _keys[scope] = key;
    }

    /// <summary>Who sees the secret of an organization stays as it is: GitHub wants it said with every write, and forgets what is left out.</summary>
    private async Task<(string? Visibility, IReadOnlyList<JsonElement>? Repositories)> AudienceAsync(SecretScope scope, string name, CancellationToken cancellationToken)
    {
        if ((await LookAsync(scope, name, cancellationToken).ConfigureAwait(false)).Secret is not { Visibility: { } visibility }) return (FirstVisibility, null);
        if (visibility is not Selected) return (visibility, null);
        var path = $"{GitHubPaths.SecretsOf(scope)}/{Uri.EscapeDataString(name)}/repositories";
        var (items, _) = await ReadPagesAsync(
            scope.Organization!, path, $"the repositories that have {name} of {scope}", GitHubJson.Default.RepositoriesPage, page => (page.Repositories, page.TotalCount), cancellationToken).ConfigureAwait(false);
        // For Dependabot GitHub writes these numbers as texts.
        return (visibility, [.. items.Select(item => scope.Store is SecretStore.Dependabot ? JsonSerializer.SerializeToElement($"{item.Id}", GitHubJson.Default.String) : JsonSerializer.SerializeToElement(item.Id, GitHubJson.Default.Int64))]);
    }
}
