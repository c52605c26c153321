using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>Which repositories see a secret of an organization.</summary>
internal static class SelectionRoutes
{
    private const string Selected = "selected";
    private const string Ids = "selected_repository_ids";

    /// <summary>What a body says about it. Without ids nobody is selected, whoever was before.</summary>
    public static (string Visibility, IReadOnlyList<long> Selected) Read(Call call)
    {
        var visibility = call.DemandText("visibility");
        if (visibility is not ("all" or "private" or Selected)) throw new RefusedException(Answer.Invalid($"{visibility} is not a member of [\"all\", \"private\", \"selected\"]."));
        return (visibility, visibility is Selected ? ReadIds(call) : []);
    }

    /// <param name="rest">What stands behind <c>repositories</c>: nothing, or an id.</param>
    public static Answer Serve(Call call, FakeOwner organization, FakeStore store, string name, string[] rest)
    {
        var secrets = organization.Store(store);
        if (secrets.Find(name) is not { } secret) return Answer.NotFound;
        if ((call.Method, rest) is ("GET", []))
            return Listing.Of(call, "repositories", organization.Repositories.Where(repository => secret.Selected.Contains(repository.Id)).ToList(), repository => Json.Repository(call, repository));
        if (Change(call, secret, rest) is not { } selected || !selected.All(id => organization.Repositories.Any(repository => repository.Id == id))) return Answer.NotFound;
        if (secret.Visibility is not Selected) return Answer.Error(409, "Conflict");
        secrets.Count();
        secrets.Select(secret, selected);
        return Answer.NoContent;
    }

    private static IReadOnlyList<long>? Change(Call call, FakeSecret secret, string[] rest) => (call.Method, rest) switch
    {
        ("PUT", []) => ReadIds(call),
        ("PUT", [var text]) when Id(text) is { } id => [.. secret.Selected.Except([id]), id],
        ("DELETE", [var text]) when Id(text) is { } id => [.. secret.Selected.Except([id])],
        _ => null,
    };

    // Numbers; Dependabot takes texts as well.
    private static IReadOnlyList<long> ReadIds(Call call) => call.Json()[Ids] switch
    {
        null => [],
        JsonArray ids when ids.Select(id => id is JsonValue value && (value.GetValueKind() is JsonValueKind.Number || call.Segments is ["orgs", _, "dependabot", ..]) ? Id(value.ToString()) : null).ToList() is var numbers && numbers.TrueForAll(id => id is not null) => [.. numbers.Select(id => id.GetValueOrDefault())],
        _ => throw new RefusedException(Answer.Invalid($"\"{Ids}\" is not an array of ids.")),
    };

    private static long? Id(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
