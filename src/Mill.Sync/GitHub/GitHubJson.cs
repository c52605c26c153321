using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Sync;

namespace Mill.Sync.GitHub;

/// <summary>Bodies of GitHub's API. Members that are not known here are left alone: GitHub adds some at any time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SecretsPage))]
[JsonSerializable(typeof(SecretItem))]
[JsonSerializable(typeof(PublicKeyItem))]
[JsonSerializable(typeof(SealedSecret))]
[JsonSerializable(typeof(RepositoriesPage))]
[JsonSerializable(typeof(RepositoryItem))]
[JsonSerializable(typeof(DispatchRequest))]
[JsonSerializable(typeof(RunsPage))]
[JsonSerializable(typeof(RunItem))]
[JsonSerializable(typeof(ErrorItem))]
[JsonSerializable(typeof(List<InstallationItem>))]
[JsonSerializable(typeof(InstallationToken))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
internal sealed partial class GitHubJson : JsonSerializerContext;

internal sealed record SecretsPage(int TotalCount, IReadOnlyList<SecretItem> Secrets);

internal sealed record SecretItem(string Name, DateTimeOffset UpdatedAt, string? Visibility = null)
{
    public RemoteSecret ToSecret() => new(Name.ToUpperInvariant(), UpdatedAt);
}

internal sealed record PublicKeyItem(string KeyId, string Key);

/// <param name="Visibility">Of an organization's secret only.</param>
/// <param name="SelectedRepositoryIds">Of one that is for some repositories: left out, GitHub forgets which.</param>
internal sealed record SealedSecret(string EncryptedValue, string KeyId, string? Visibility = null, IReadOnlyList<JsonElement>? SelectedRepositoryIds = null);

internal sealed record RepositoriesPage(int TotalCount, IReadOnlyList<RepositoryItem> Repositories);

internal sealed record RepositoryItem(long Id, string? FullName = null);

internal sealed record DispatchRequest(string EventType, ExportPayload ClientPayload);

internal sealed record RunsPage(int TotalCount, IReadOnlyList<RunItem> WorkflowRuns);

internal sealed record RunItem(long Id, Uri HtmlUrl, string? DisplayTitle = null, string? Status = null, string? Conclusion = null)
{
    public WorkflowRun ToRun() => new(Id, DisplayTitle ?? "", Status ?? "", Conclusion, HtmlUrl);
}

internal sealed record ErrorItem(string? Message = null);

internal sealed record InstallationItem(long Id, AccountItem? Account = null);

internal sealed record AccountItem(string Login);

internal sealed record InstallationToken(string Token, DateTimeOffset ExpiresAt);
