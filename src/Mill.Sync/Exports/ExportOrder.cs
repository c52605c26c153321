using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Exports;

/// <summary>What somebody asks a repository's secrets for, as far as it is one: whoever may send events can send anything.</summary>
/// <param name="Names">In upper case, in the order in which they were asked for.</param>
public sealed record ExportOrder(string RequestId, SecretScope Target, IReadOnlyList<string> Names)
{
    /// <summary>Whether what is there already is to be replaced.</summary>
    public bool Overwrite { get; private init; }

    private const int LongestId = 64;

    // What a runner takes for a command to it, wherever it is printed.
    private static readonly string[] Commands = ["##[", "::"];

    /// <summary>Reads the payload of the event. Throws <see cref="MillError.InvalidRequest"/> with everything that is wrong with it.</summary>
    public static ExportOrder Read(string json)
    {
        OrderItem? item;
        try
        {
            item = JsonSerializer.Deserialize(json, ExportJson.Default.OrderItem);
        }
        catch (JsonException)
        {
            item = null;
        }
        if (item is null) throw Refuse(["It is not JSON of the expected form."]);

        var problems = new List<string>();
        var id = item.RequestId ?? "";
        if (id.Length > LongestId || id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not '-')) problems.Add("request_id may have letters, digits and hyphens.");
        if (!RepositoryName.TryParse(item.TargetRepo, out var repository)) problems.Add("target_repo has to be OWNER/NAME.");
        if (item.TargetEnvironment is { } environment && (SecretScopes.ProblemOfEnvironment(environment) is not null || Commands.Any(command => environment.Contains(command, StringComparison.Ordinal)))) problems.Add("target_environment is not a name.");
        // Values come by the place of their names in this list, so nothing else may name one.
        var asked = item.Secrets ?? [];
        if (asked.Count is 0 or > WorkflowFile.MostSecrets) problems.Add($"secrets has to name 1 to {WorkflowFile.MostSecrets} secrets.");
        var names = new List<string>();
        foreach (var name in asked)
        {
            if (GitHubSecretName.Normalize(name ?? "", out var reason) is { } normal) names.Add(normal);
            else problems.Add($"A name in secrets is none: {reason}.");
        }
        if (names.Distinct(StringComparer.Ordinal).Count() != names.Count) problems.Add("A name stands in secrets twice.");
        if (problems.Count > 0) throw Refuse(problems);
        return new(id, item.TargetEnvironment is { } there ? SecretScope.Of(repository!, there) : SecretScope.Of(repository!), names) { Overwrite = item.Overwrite is true };
    }

    private static MillException Refuse(IReadOnlyList<string> problems) => new(MillError.InvalidRequest, $"The request for an export is none. {string.Join(' ', problems)}");
}

internal sealed record OrderItem(string? RequestId, string? TargetRepo, IReadOnlyList<string?>? Secrets, string? TargetEnvironment, bool? Overwrite);

/// <summary>
/// What stands in a payload besides is left alone: it may be a later version's. The runner, who puts the values beside it, finds members in either case: two that differ in case only would be one for it and another one here.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, PropertyNameCaseInsensitive = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(OrderItem))]
internal sealed partial class ExportJson : JsonSerializerContext;
