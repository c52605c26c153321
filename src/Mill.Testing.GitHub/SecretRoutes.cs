using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Mill.Testing.GitHub;

/// <summary>The secrets of one scope (https://docs.github.com/en/rest/actions/secrets).</summary>
internal static partial class SecretRoutes
{
    private const string Documentation = "https://docs.github.com/rest/actions/secrets#create-or-update-a-repository-secret";
    private const string Base64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$";

    /// <param name="path">What stands behind <c>secrets</c>.</param>
    /// <param name="find">The store, for a token that has what is needed; null where there is no such environment.</param>
    public static Answer Serve(Call call, string[] path, Func<Need, FakeSecretStore?> find, Func<bool, bool, Need> need) => (call.Method, path) switch
    {
        ("GET", []) => On(find(need(false, false)), store => Listing.Of(call, "secrets", store.Listed().Values.ToList(), secret => Show(call, secret))),
        ("GET", ["public-key"]) => On(find(need(false, true)), store => Answer.Ok(new JsonObject { ["key_id"] = store.KeyId, ["key"] = Convert.ToBase64String(store.PublicKey.Span) })),
        ("GET", [var name]) => On(find(need(false, false)), store => store.Find(name) is { } secret ? Answer.Ok(Show(call, secret)) : Answer.NotFound),
        ("PUT", [var name]) => On(find(need(true, false)), store => Put(call, store, name)),
        ("DELETE", [var name]) => On(find(need(true, false)), store => Delete(call, store, name)),
        _ => Answer.NotFound,
    };

    public static Answer ListInherited(Call call, FakeRepository repository) => Listing.Of(call, "secrets", repository.Inherited(isList: true).ToList(), secret => Json.Secret(secret));

    private static Answer On(FakeSecretStore? store, Func<FakeSecretStore, Answer> work) => store is null ? Answer.NotFound : work(store);

    private static JsonObject Show(Call call, FakeSecret secret) =>
        Json.Secret(secret, secret.Visibility is "selected" ? $"{call.BaseAddress}{Collection(call.LastingPath ?? "")}/{secret.Name}/repositories" : null, isOrganization: secret.Visibility is not null);

    // Of a list it is the path, of a single secret what stands before the name.
    private static string Collection(string path) => path[..(path.IndexOf("/secrets", StringComparison.Ordinal) + "/secrets".Length)];

    private static Answer Put(Call call, FakeSecretStore store, string name)
    {
        if (SecretRules.Misnamed(name) is { } misnamed) return Answer.Unprocessable(misnamed, Documentation);
        var (box, keyId) = (call.DemandText("encrypted_value"), call.DemandText("key_id"));
        if (!Base64Pattern().IsMatch(box)) return Answer.Invalid($"{box} does not match /{Base64}/.");
        if (keyId != store.KeyId || store.Open(Convert.FromBase64String(box)) is not { } value)
            return Answer.Unprocessable("Bad request - validation failed due to an improperly encrypted secret", Documentation);
        if (value.Length > SecretRules.LongestValue) return Answer.Unprocessable("Value is too large", Documentation); // the words of the web page
        var (visibility, selected) = store.IsOrganization ? SelectionRoutes.Read(call) : (null, []);
        // Its own words are not known.
        if (store.Find(name) is null && store.Current.Count >= store.Capacity) return Answer.Unprocessable($"The limit of {store.Capacity} secrets has been reached.", Documentation);
        store.Count();
        return store.Write(name, value, call.World.Now, visibility, selected) ? new(201, new JsonObject()) : Answer.NoContent;
    }

    private static Answer Delete(Call call, FakeSecretStore store, string name)
    {
        if (!store.Delete(name, call.World.Now)) return Answer.NotFound;
        store.Count();
        return Answer.NoContent;
    }

    [GeneratedRegex(@"\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})\z")]
    private static partial Regex Base64Pattern();
}
