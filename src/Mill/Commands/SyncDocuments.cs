using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary>What <c>mill sync check --json</c> prints.</summary>
/// <param name="RepositoryFrom">What said which repository.</param>
/// <param name="NamesFrom">What said which names.</param>
/// <param name="Unread">The places whose secrets could not be read.</param>
internal sealed record SyncCheckDocument(
    string Repository,
    string RepositoryFrom,
    string Store,
    string NamesFrom,
    int Present,
    int Missing,
    int Unknown,
    IReadOnlyList<SyncSecretItem> Secrets,
    IReadOnlyList<SyncUnreadItem> Unread,
    IReadOnlyList<SyncNoteItem> Notes)
{
    public static SyncCheckDocument From(SecretReport report, FoundRepository repository, SyncNeeds needs) => new(
        repository.Name.ToString(),
        repository.Source,
        report.Store.ToString().ToLowerInvariant(),
        needs.Source,
        report.In(SecretState.Present).Count(),
        report.In(SecretState.Missing).Count(),
        report.In(SecretState.Unknown).Count(),
        [.. report.Findings.Select(SyncSecretItem.From)],
        [.. report.Failures.Select(layer => new SyncUnreadItem(layer.Scope.ToString(), ErrorDocument.From(layer.Failure)))],
        [.. needs.Notes.Select(note => new SyncNoteItem(note.Code, note.Detail, note.File, note.Line, note.Column))]);
}

/// <param name="Environment">Whose secrets count first; left out for none.</param>
/// <param name="ComputedEnvironment">True where that is known only when the workflow runs.</param>
/// <param name="Where">As <c>mill-sync.yaml</c> names targets; left out unless it is there.</param>
internal sealed record SyncSecretItem(
    string Name,
    string State,
    string? Environment,
    bool? ComputedEnvironment,
    string? Where,
    string? Level,
    DateTimeOffset? UpdatedAt,
    string? BroughtBy,
    string? Similar,
    IReadOnlyList<string> Reasons,
    IReadOnlyList<SyncPlaceItem> Places)
{
    public static SyncSecretItem From(SecretFinding finding)
    {
        var (required, standing, similar) = finding;
        return new(
            required.Name,
            Words.Of(standing.State),
            required.Environment?.Name,
            required.Environment is { Name: null } ? true : null,
            standing.Where?.ToString(),
            standing.Where is { } scope ? Words.LevelOf(scope) : null,
            standing.UpdatedAt,
            required.BroughtBy,
            similar,
            standing.Reasons,
            [.. required.Places.Select(place => new SyncPlaceItem(place.File, place.Line, place.Column))]);
    }
}

internal sealed record SyncUnreadItem(string Where, ErrorDocument Error);

internal sealed record SyncNoteItem(string Code, string Detail, string? File, int? Line, int? Column);

internal sealed record SyncPlaceItem(string File, int Line, int Column);
