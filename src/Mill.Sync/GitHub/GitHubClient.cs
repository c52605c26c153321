using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Serialization.Metadata;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>
/// The part of GitHub's REST API that has to do with secrets (https://docs.github.com/en/rest). Requests go one after the other, as GitHub asks for, and wait where its limits say so.
/// Everything throws <see cref="MillException"/>; of what a token may not see GitHub says that it is not there.
/// </summary>
public sealed partial class GitHubClient(GitHubOptions options) : IDisposable
{
    private const int MostPages = 50;

    private readonly GitHubTransport _transport = new(options);
    private readonly ConcurrentDictionary<SecretScope, PublicKeyItem> _keys = new();

    public GitHubOptions Options { get; } = options;

    /// <summary>All of them. A list of which one page is missing is an error, not a shorter list.</summary>
    internal Task<IReadOnlyList<RemoteSecret>> ListSecretsAsync(SecretScope scope, CancellationToken cancellationToken) =>
        ListAsync(GitHubPaths.OwnerOf(scope), GitHubPaths.SecretsOf(scope), $"the secrets of {scope}", cancellationToken);

    /// <summary>Those of the organization that the repository's workflows see; none where the owner is a person. Nothing of the organization itself has to be readable.</summary>
    internal Task<IReadOnlyList<RemoteSecret>> ListInheritedSecretsAsync(RepositoryName repository, CancellationToken cancellationToken) =>
        ListAsync(repository.Owner, $"{GitHubPaths.Of(repository)}/actions/organization-secrets", $"the secrets that {repository} has of its organization", cancellationToken);

    /// <summary>What is there now, null where nothing is, and GitHub's clock then.</summary>
    internal async Task<(SecretItem? Secret, DateTimeOffset Date)> LookAsync(SecretScope scope, string name, CancellationToken cancellationToken)
    {
        var call = CallOf(HttpMethod.Get, scope, name);
        var answer = await _transport.SendAsync(call, cancellationToken, HttpStatusCode.NotFound).ConfigureAwait(false);
        return (answer.IsSuccess ? answer.Read(call, GitHubJson.Default.SecretItem) : null, answer.Date);
    }

    public void Dispose() => _transport.Dispose();

    private static GitHubCall CallOf(HttpMethod method, SecretScope scope, string name) =>
        new(method, GitHubPaths.OwnerOf(scope), $"{GitHubPaths.SecretsOf(scope)}/{Uri.EscapeDataString(name)}", $"the secret {name} of {scope}");

    private async Task<IReadOnlyList<RemoteSecret>> ListAsync(string owner, string path, string what, CancellationToken cancellationToken)
    {
        var (items, total) = await ReadPagesAsync(owner, path, what, GitHubJson.Default.SecretsPage, page => (page.Secrets, page.TotalCount), cancellationToken).ConfigureAwait(false);
        var secrets = items.Select(item => item.ToSecret()).DistinctBy(secret => secret.Name).ToList();
        // One that came or went between two pages moves the others.
        if (secrets.Count >= total) return secrets;
        throw new MillException(MillError.Unreachable, $"GitHub listed {secrets.Count} of {total} of {what}.") { Hint = "They may be changing: try again." };
    }

    private async Task<(List<TItem> Items, int Total)> ReadPagesAsync<TPage, TItem>(
        string owner, string path, string what, JsonTypeInfo<TPage> type, Func<TPage, (IReadOnlyList<TItem> Items, int Total)> open, CancellationToken cancellationToken, string? permission = null)
    {
        var (items, total) = (new List<TItem>(), 0);
        var next = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}per_page={GitHubPaths.PageSize}";
        for (var pages = 0; next is not null; pages++)
        {
            var call = new GitHubCall(HttpMethod.Get, owner, next, what) { Permission = permission };
            if (pages == MostPages) throw GitHubProblems.NotUnderstood(call);
            var answer = await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
            var (found, count) = open(answer.Read(call, type));
            items.AddRange(found);
            (total, next) = (count, answer.Next);
        }
        return (items, total);
    }
}
