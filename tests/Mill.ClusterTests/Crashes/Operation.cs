using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Crashes;

/// <summary>A set, or a delete where there is no sequence.</summary>
internal sealed record Member(string Name, long? Sequence)
{
    public int? IfVersion { get; init; }

    public bool IfAbsent { get; init; }

    public bool IsDelete => Sequence is null;
}

/// <summary>One write request: a single member by itself, or several in a transaction.</summary>
internal sealed record Operation(IReadOnlyList<Member> Members, bool IsTransaction, string? Key, bool MustFail = false)
{
    public async Task<Reply> SendAsync(MillApi api, int seed) => IsTransaction
        ? await api.SendAsync(HttpMethod.Post, "/v1/transactions", new JsonObject { ["operations"] = new JsonArray([.. Members.Select(member => Body(member, seed))]) }, [.. Headers()])
        : await SendSingleAsync(api, Members[0], seed);

    public override string ToString() =>
        $"{(IsTransaction ? "transaction" : "single")} [{string.Join(", ", Members)}] key {Key ?? "none"}";

    private async Task<Reply> SendSingleAsync(MillApi api, Member member, int seed)
    {
        var headers = Headers();
        if (member.IfVersion is { } version) headers.Add(("If-Match", $"\"{version}\""));
        if (member.IfAbsent) headers.Add(("If-None-Match", "*"));
        var path = $"/v1/secrets/{member.Name}";
        return member.IsDelete ? await api.SendAsync(HttpMethod.Delete, path, null, [.. headers]) : await api.SendAsync(HttpMethod.Put, path, Value(member, seed), [.. headers]);
    }

    private List<(string, string)> Headers() => Key is null ? [] : [("Idempotency-Key", Key)];

    private static JsonObject Body(Member member, int seed)
    {
        var body = member.IsDelete ? [] : Value(member, seed);
        (body["op"], body["name"]) = (member.IsDelete ? "delete" : "set", member.Name);
        if (member.IfVersion is { } version) body["if_version"] = version;
        if (member.IfAbsent) body["if_absent"] = true;
        return body;
    }

    private static JsonObject Value(Member member, int seed)
    {
        var bytes = SecretBytes.Of(seed, member.Name, member.Sequence!.Value);
        return SecretBytes.IsText(member.Sequence.Value)
            ? new JsonObject { ["value"] = System.Text.Encoding.UTF8.GetString(bytes) }
            : new JsonObject { ["value_base64"] = Convert.ToBase64String(bytes) };
    }
}
