using System.Net.Http.Headers;
using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>One request to the API, in a form that can be sent more than once.</summary>
internal sealed record Call(HttpMethod Method, string Target) : IDisposable
{
    public PinnedWriter? Body { get; init; }

    /// <summary>Names a write, so that the server applies it once however often it arrives.</summary>
    public string? IdempotencyKey { get; init; }

    public int? IfMatch { get; init; }

    public bool IfNoneMatch { get; init; }

    public string Accept { get; init; } = "application/json";

    public string? LastEventId { get; init; }

    /// <summary>True where nothing changes, whatever the method.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>True where the body says who asks, and a token would say too much.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>What the server proves that it understood the handshake by; null where the connection is to stay what it is.</summary>
    public WebSocketKey? Upgrade { get; init; }

    /// <summary>How long it may take, where the client's limit is too short for it.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>True where the server may have acted on a request whose answer was lost.</summary>
    public bool IsWrite => !IsReadOnly && Method != HttpMethod.Get;

    /// <summary>True where sending it again cannot do harm.</summary>
    public bool IsRepeatable => !IsWrite || IdempotencyKey is not null;

    public static string NewKey() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    public HttpRequestMessage ToMessage(MillClientOptions options, Uri address)
    {
        var message = new HttpRequestMessage(Method, new Uri(address, Target));
        var headers = message.Headers;
        if (options.Token is { } token && !IsAnonymous) headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (options.Tenant is { } tenant) headers.TryAddWithoutValidation("Mill-Tenant", tenant);
        headers.TryAddWithoutValidation("Accept", Accept);
        if (IdempotencyKey is not null) headers.TryAddWithoutValidation("Idempotency-Key", IdempotencyKey);
        if (IfMatch is { } version) headers.TryAddWithoutValidation("If-Match", FormattableString.Invariant($"\"{version}\""));
        if (IfNoneMatch) headers.TryAddWithoutValidation("If-None-Match", "*");
        Upgrade?.AddTo(headers);
        if (LastEventId is not null) headers.TryAddWithoutValidation("Last-Event-ID", LastEventId);
        if (Body is not null || IsWrite) message.Content = new PinnedContent(Body);
        return message;
    }

    public void Dispose() => Body?.Dispose();

    // A record prints its members; a body may hold a secret.
    public override string ToString() => $"{Method} {Target}";
}
