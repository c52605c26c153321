namespace Mill.Tests.Server.Isolation;

/// <summary>One request about the hidden name.</summary>
internal sealed record Probe(string Method, string Path, string? Body = null, params (string Name, string Value)[] Headers)
{
    public override string ToString() => $"{Method} {Path} {Body} {string.Join(' ', Headers)}";
}

/// <summary>Every call of the API with every argument that could make a difference. Those that change something come last.</summary>
internal static class Probes
{
    private const string Name = World.Hidden;

    public static IReadOnlyList<Probe> All { get; } = [.. Reads(), .. Lists(), .. Writes(), .. Transactions(), .. Files(), .. Administration(), .. Reads(), .. Lists()];

    /// <summary>What answers operators alone, with everything there is.</summary>
    public static IReadOnlyList<Probe> WholeStore { get; } = [new("POST", "/v1/verify"), new("POST", "/v1/verify", "{}"), new("GET", "/v1/verify"), new("GET", "/v1/backup"), new("HEAD", "/v1/backup"), new("POST", "/v1/backup", "{}")];

    private static IEnumerable<Probe> Reads()
    {
        foreach (var query in new[] { "", "?version=1", "?version=3", "?version=4", "?version=0", "?at=2026-01-01T00:00:00Z", "?at=2026-01-01T00:00:00.000030Z", "?at=2027-01-01T00:00:00Z", "?consistency=quorum", "?consistency=no", "?x=1" })
            yield return new("GET", $"/v1/secrets/{Name}{query}");
        foreach (var query in new[] { "", "?limit=1", "?limit=0", "?before=2", "?before=99" }) yield return new("GET", $"/v1/secrets/{Name}/history{query}");
        foreach (var path in new[] { "app%2Fhidden-one", "app/%68idden-one", "app/hidden-one%2Fhistory", "app/x/../hidden-one", "app/hidden-one/", "App/Hidden-One" }) yield return new("GET", $"/v1/secrets/{path}");
        foreach (var tag in new[] { "\"3\"", "\"1\"", "*" }) yield return new("GET", $"/v1/secrets/{Name}", null, ("If-None-Match", tag), ("If-Match", tag));
        foreach (var method in new[] { "HEAD", "OPTIONS", "PATCH", "POST" }) yield return new(method, $"/v1/secrets/{Name}");
        yield return new("GET", $"/v1/secrets/{Name}/destroy");
    }

    private static IEnumerable<Probe> Lists()
    {
        foreach (var query in new[] { "", "?limit=1", "?limit=2", "?limit=1&after=app/hidden", "?limit=1&after=app/hidden-one", "?prefix=app/", "?prefix=app/h", "?prefix=app/hidden-one", "?prefix=app/&limit=1", "?after=app/hidden-one", "?after=app/hidden-onf", "?limit=1&after=app/h&prefix=app/h" })
            yield return new("GET", $"/v1/secrets{query}");
        yield return new("GET", "/v1/status");
        yield return new("GET", "/v1/status?consistency=quorum");
        yield return new("GET", "/readyz");
        yield return new("GET", "/healthz");
    }

    private static IEnumerable<Probe> Writes()
    {
        foreach (var (header, value) in new[] { ("If-Match", "\"1\""), ("If-Match", "\"3\""), ("If-Match", "\"4\""), ("If-Match", "x"), ("If-None-Match", "*") })
        {
            yield return new("DELETE", $"/v1/secrets/{Name}", null, (header, value));
            yield return new("PUT", $"/v1/secrets/{Name}", """{"value":"guess"}""", (header, value), ("Idempotency-Key", "k" + value.Length));
        }
        foreach (var body in new[] { "", "{", """{"value":"canary-3"}""", """{"value":"guess"}""", """{"value":1}""" }) yield return new("PUT", $"/v1/secrets/{Name}", body);
        yield return new("PUT", $"/v1/secrets/{Name}?force=true", """{"value":"canary-3"}""");
        yield return new("PUT", $"/v1/secrets/{Name}/history", """{"value":"x"}""");
        foreach (var body in new[] { """{"versions":[1]}""", """{"versions":[99]}""", """{"all":true}""", "{}" }) yield return new("POST", $"/v1/secrets/{Name}/destroy", body);
        yield return new("DELETE", $"/v1/secrets/{Name}");
        yield return new("DELETE", $"/v1/secrets/{Name}", null, ("Idempotency-Key", "d"));
    }

    private static IEnumerable<Probe> Transactions()
    {
        const string Own = """{"op":"set","name":"app/mine","value":"new"}""";
        foreach (var operation in new[]
        {
            $$"""{"op":"set","name":"{{Name}}","value":"canary-3"}""", $$"""{"op":"set","name":"{{Name}}","value":"x","if_version":3}""", $$"""{"op":"set","name":"{{Name}}","value":"x","if_absent":true}""",
            $$"""{"op":"delete","name":"{{Name}}"}""", $$"""{"op":"delete","name":"{{Name}}","if_version":3}""", $$"""{"op":"delete","name":"{{Name}}","if_version":2}""",
        })
        {
            yield return new("POST", "/v1/transactions", $$"""{"operations":[{{operation}}]}""");
            yield return new("POST", "/v1/transactions", $$"""{"operations":[{{Own}},{{operation}},{"op":"delete","name":"app/absent"}]}""");
            yield return new("POST", "/v1/transactions", $$"""{"operations":[{{operation}},{{operation}}]}""");
        }
    }

    private static IEnumerable<Probe> Files()
    {
        foreach (var file in new[] { $"A=secret({Name})", $"A=secret({Name}@1)", $"A=secret({Name}@9)", $"A=secret(app/mine) secret({Name})", $"A=enc({Name})", $"# secret({Name})" })
        {
            yield return new("POST", "/v1/env/expand", $$"""{"content":"{{file}}"}""");
            yield return new("POST", "/v1/env/expand", $$"""{"content":"{{file}}","format":"json","at":"2026-01-01T00:00:00.000030Z"}""");
        }
        foreach (var file in new[] { $"A=secret({Name})", $"A=secret({Name}@1)", $"A=enc({Name}, canary-3)", $"A=enc({Name}, x) secret({Name}@4)", $"A=enc(app/mine, new) enc({Name}, x)", $"A=enc({Name})" })
        {
            foreach (var more in new[] { "", ",\"on_existing\":\"fail\"", ",\"dry_run\":true", ",\"dry_run\":true,\"on_existing\":\"fail\"" }) yield return new("POST", "/v1/env/encrypt", $$"""{"content":"{{file}}"{{more}}}""");
        }
        yield return new("POST", "/v1/env/encrypt", $$$"""{"content":"A=enc({{{Name}}})","values":{"{{{Name}}}":"canary-3"}}""");
    }

    private static IEnumerable<Probe> Administration()
    {
        yield return new("GET", "/v1/retention");
        yield return new("PUT", "/v1/retention", """{"max_versions":5}""");
        yield return new("GET", "/v1/tokens");
        yield return new("POST", "/v1/tokens", """{"subject":"x","role":"reader"}""");
        yield return new("DELETE", "/v1/tokens/000000000000");
        yield return new("GET", "/v1/secrets:watch?prefix=a&prefix=b");
        yield return new("GET", "/v1/nodes");
        yield return new("GET", "/v1/join-tokens");
        yield return new("POST", "/v1/join-tokens", "{}");
        yield return new("POST", "/v1/leader/transfer", "{}");
    }
}
