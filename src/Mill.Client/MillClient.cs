using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Mill.Client.Contracts;
using Mill.Client.Http;
using Mill.Secrets;

namespace Mill.Client;

/// <summary>
/// A Mill server over HTTP. Safe for concurrent use. Every failure is a <see cref="MillException"/>:
/// what the server says, <see cref="MillError.Unreachable"/>, or <see cref="MillError.OutcomeUnknown"/> for a write whose answer was lost.
/// </summary>
public sealed partial class MillClient : IDisposable
{
    // A request may have 1 MiB. Only text that is nearly all escapes comes close; it then travels as base64.
    private const int MaxTextBody = 1_000_000;

    private readonly Transport _transport;

    /// <summary>Throws <see cref="MillError.InvalidRequest"/> for an address that is not http or https.</summary>
    public MillClient(MillClientOptions options)
    {
        if (!IsServer(options.Address) || !options.Fallbacks.All(IsServer))
            throw new MillException(MillError.InvalidRequest, "The address of a server starts with http:// or https://.");
        _transport = new(options);
    }

    /// <summary>Sets a secret. The value stays the caller's to dispose.</summary>
    public async Task<SetSecretResponse> SetAsync(string name, SecretValue value, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= WriteOptions.None;
        var target = Targets.With(Targets.Secret(name), ("force", options.Force ? "true" : null));
        using var call = new Call(HttpMethod.Put, target)
        {
            Body = WriteValue(value),
            IfMatch = options.IfVersion,
            IfNoneMatch = options.IfAbsent,
            IdempotencyKey = options.IdempotencyKey ?? Call.NewKey(),
        };
        return await _transport.SendAsync<SetSecretResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the current version, the one with a number, or the one that was valid at a time. Dispose the answer: it holds the value.</summary>
    public async Task<SecretResponse> GetAsync(string name, int? version = null, DateTimeOffset? at = null, CancellationToken cancellationToken = default)
    {
        var target = Targets.With(Targets.Secret(name), ("version", Targets.Number(version)), ("at", Targets.Time(at)));
        using var call = new Call(HttpMethod.Get, target);
        return await _transport.ReadSecretAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One page of names; <c>Next</c> is the <paramref name="after"/> of the following one.</summary>
    public Task<SecretListResponse> ListAsync(string? prefix = null, string? after = null, int? limit = null, CancellationToken cancellationToken = default) =>
        GetAsync<SecretListResponse>(Targets.With(Targets.Secrets, ("prefix", prefix), ("after", after), ("limit", Targets.Number(limit))), cancellationToken);

    /// <summary>All names, page after page.</summary>
    public async IAsyncEnumerable<SecretListItem> ListAllAsync(string? prefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? after = null;
        do
        {
            var page = await ListAsync(prefix, after, limit: null, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Secrets) yield return item;
            after = page.Next;
        }
        while (after is not null);
    }

    /// <summary>One page of versions, newest first; <c>Next</c> is the <paramref name="before"/> of the following one.</summary>
    public Task<HistoryResponse> GetHistoryAsync(string name, int? before = null, int? limit = null, CancellationToken cancellationToken = default) =>
        GetAsync<HistoryResponse>(Targets.With(Targets.History(name), ("before", Targets.Number(before)), ("limit", Targets.Number(limit))), cancellationToken);

    /// <summary>All versions, newest first, page after page.</summary>
    public async IAsyncEnumerable<HistoryItem> GetAllHistoryAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int? before = null;
        do
        {
            var page = await GetHistoryAsync(name, before, limit: null, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Versions) yield return item;
            before = page.Next;
        }
        while (before is not null);
    }

    /// <summary>Ends the validity of the current version.</summary>
    public async Task DeleteAsync(string name, int? ifVersion = null, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Delete, Targets.Secret(name)) { IfMatch = ifVersion, IdempotencyKey = Call.NewKey() };
        await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the values of some versions, or of all, unrecoverable. Their metadata stays.</summary>
    public Task DestroyAsync(string name, DestroyRequest request, CancellationToken cancellationToken = default) =>
        WriteAsync(HttpMethod.Post, Targets.Destroy(name), request, cancellationToken);

    /// <summary>Sets and deletes together, all or nothing, at one instant.</summary>
    public async Task<TransactionResponse> CommitAsync(TransactionRequest request, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.Transactions) { Body = Body.Write(request), IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<TransactionResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A <c>.env</c> file with values in the place of its references, all from one moment. Throws <see cref="MillError.InvalidEnv"/> or <see cref="MillError.UnresolvedReferences"/> with
    /// everything that is wrong, by line and column.
    /// </summary>
    public async Task<ExpandEnvResponse> ExpandEnvAsync(ExpandEnvRequest request, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.ExpandEnv) { Body = Body.Write(request, request.Content.Length + 256), IsReadOnly = true };
        return await _transport.SendAsync<ExpandEnvResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A <c>.env</c> file with <c>secret(NAME)</c> in the place of <c>enc(NAME)</c>, and what that refers to stored, all of it or nothing. Throws <see cref="MillError.InvalidEnv"/> or
    /// <see cref="MillError.UnresolvedReferences"/> with everything that is wrong, by line and column. The values stay the caller's to dispose.
    /// </summary>
    public async Task<EncryptEnvResponse> EncryptEnvAsync(EncryptEnvRequest request, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.EncryptEnv) { Body = Body.Write(request, request.Content.Length + 256), IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<EncryptEnvResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _transport.Dispose();

    private static bool IsServer(Uri address) => address is { IsAbsoluteUri: true, Scheme: "http" or "https" };

    private static PinnedWriter WriteValue(SecretValue value)
    {
        if (value.Reveal(static bytes => Utf8.IsValid(bytes)))
        {
            var body = Body.Write(new SetSecretRequest { Value = value }, value.Length + 64);
            if (body.WrittenCount <= MaxTextBody) return body;
            body.Dispose();
        }
        return Body.Write(new SetSecretRequest { ValueBase64 = value }, (value.Length * 4 / 3) + 64);
    }

    private async Task<T> GetAsync<T>(string target, CancellationToken cancellationToken)
    {
        using var call = new Call(HttpMethod.Get, target);
        return await _transport.SendAsync<T>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A write that is said without a body.</summary>
    private async Task<T> PostAsync<T>(string target, CancellationToken cancellationToken)
    {
        using var call = new Call(HttpMethod.Post, target) { IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<T>(call, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteAsync<T>(HttpMethod method, string target, T body, CancellationToken cancellationToken)
    {
        using var call = new Call(method, target) { Body = Body.Write(body), IdempotencyKey = Call.NewKey() };
        await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }
}
