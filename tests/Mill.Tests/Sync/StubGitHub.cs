using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Testing.GitHub;

namespace Mill.Tests.Sync;

/// <summary>
/// As much of GitHub as a push sees, for tests that ask who wrote what, and when. It counts in seconds, as GitHub does. Who the caller is, is its token.
/// </summary>
internal sealed class StubGitHub : IAsyncDisposable
{
    public const string Store = "/repos/acme/web/actions/secrets";

    private readonly WebApplication _app;
    private readonly HastyTime _time;
    private readonly KeyPair _keys = KeyPair.New();
    private readonly Lock _lock = new();

    private StubGitHub(WebApplication app, HastyTime time) => (_app, _time) = (app, time);

    public Uri Address { get; private set; } = GitHubOptions.DefaultAddress;

    /// <summary>By path of the store, then name.</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<string, StoredSecret>> Stores { get; } = new();

    /// <summary>What was asked: method and path.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>What was changed: by whom, and what.</summary>
    public ConcurrentQueue<SeenChange> Changes { get; } = new();

    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>What was looked at and changed, and by whom, in the order in which it was done.</summary>
    public ConcurrentQueue<SeenRequest> History { get; } = new();

    /// <summary>What a request of somebody waits for before anything else.</summary>
    public Func<HttpRequest, string, Task> Turns { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called before a request is answered, and after what it asks for was done; false there ends the connection without an answer.</summary>
    public Func<HttpRequest, bool, bool> Passes { get; set; } = (_, _) => true;

    /// <summary>A status instead of an answer; null for none.</summary>
    public Func<HttpRequest, int?> Refuses { get; set; } = _ => null;

    /// <summary>What of a list is left out, as one that is behind does.</summary>
    public Func<string, bool> IsListed { get; set; } = _ => true;

    /// <summary>How far the clock of its answers is behind that of its secrets.</summary>
    public TimeSpan Lag { get; set; }

    public ConcurrentDictionary<string, StoredSecret> Secrets => Stores.GetOrAdd(Store, _ => new());

    public static async Task<StubGitHub> StartAsync(HastyTime time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddLogging(logging => logging.ClearProviders());
        var app = builder.Build();
        var stub = new StubGitHub(app, time);
        app.Run(stub.AnswerAsync);
        await app.StartAsync();
        stub.Address = new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First() + "/");
        return stub;
    }

    public GitHubClient Connect(string who = "us", SharedWriteLog? log = null) => new(new() { Address = Address, Credentials = new Token(who), Time = _time, Timeout = HastyTime.Never, Log = log });

    /// <summary>Somebody writes, without a request, and in a later second than whoever wrote last.</summary>
    public void Write(string who, string name, string value, string store = Store)
    {
        if (Stores.GetOrAdd(store, _ => new()).TryGetValue(name, out var last) && last.UpdatedAt >= Now) _time.Advance(TimeSpan.FromSeconds(1));
        WriteNow(who, name, value, store);
    }

    /// <summary>Somebody writes, without a request.</summary>
    public void WriteNow(string who, string name, string value, string store = Store)
    {
        lock (_lock)
        {
            var secrets = Stores.GetOrAdd(store, _ => new());
            secrets[name] = new(Encoding.UTF8.GetBytes(value), Now, who);
            Changes.Enqueue(new(who, "PUT", store, name, value));
        }
    }

    public void Delete(string who, string name)
    {
        lock (_lock)
        {
            if (Secrets.TryRemove(name, out _)) Changes.Enqueue(new(who, "DELETE", Store, name, null));
        }
    }

    /// <summary>What is there, as text.</summary>
    public SortedDictionary<string, string> Values(string store = Store) =>
        new(Stores.GetOrAdd(store, _ => new()).ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString(pair.Value.Value)), StringComparer.Ordinal);

    public int CountOf(string beginning) => Seen.Count(request => request.StartsWith(beginning, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>In whole seconds.</summary>
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Seen.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        Bodies.Enqueue(Encoding.UTF8.GetString(body.ToArray()));
        await Turns(request, WhoOf(request));
        if (!Passes(request, false))
        {
            context.Abort();
            return;
        }
        var (status, json) = Refuses(request) is { } refusal ? (refusal, """{"message":"Refused."}""") : Handle(request, body.ToArray());
        var date = Now - Lag;
        if (!Passes(request, true))
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = status;
        context.Response.Headers.Date = date.ToString("R", CultureInfo.InvariantCulture);
        if (json is null) return;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
    }

    private (int Status, string? Json) Handle(HttpRequest request, byte[] body)
    {
        var path = request.Path.Value!;
        var at = path.LastIndexOf("/secrets", StringComparison.Ordinal) + "/secrets".Length;
        var (store, name, who) = (path[..at], path[at..].TrimStart('/'), WhoOf(request));
        lock (_lock)
        {
            History.Enqueue(new(who, request.Method, name));
            var secrets = Stores.GetOrAdd(store, _ => new());
            switch (request.Method, name)
            {
                case ("GET", ""):
                    var listed = secrets.Where(pair => IsListed(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
                    return (200, $$"""{"total_count":{{listed.Count}},"secrets":[{{string.Join(',', listed.Select(pair => Item(pair.Key, pair.Value)))}}]}""");
                case ("GET", "public-key"):
                    return (200, $$"""{"key_id":"1","key":"{{Convert.ToBase64String(_keys.Public.Span)}}"}""");
                case ("GET", _):
                    return secrets.TryGetValue(name, out var found) ? (200, Item(name, found)) : (404, """{"message":"Not Found"}""");
                case ("PUT", _):
                    var isNew = !secrets.ContainsKey(name);
                    var bytes = _keys.Open(JsonDocument.Parse(body).RootElement.GetProperty("encrypted_value").GetBytesFromBase64())!;
                    secrets[name] = new(bytes, Now, who);
                    Changes.Enqueue(new(who, "PUT", store, name, Encoding.UTF8.GetString(bytes)));
                    return isNew ? (201, "{}") : (204, null);
                case ("DELETE", _):
                    Changes.Enqueue(new(who, "DELETE", store, name, secrets.TryGetValue(name, out var last) ? last.Writer : null));
                    return secrets.TryRemove(name, out _) ? (204, null) : (404, """{"message":"Not Found"}""");
                default:
                    return (405, null);
            }
        }
    }

    private static string WhoOf(HttpRequest request) => request.Headers.Authorization.ToString()["Bearer ".Length..];

    private static string Item(string name, StoredSecret secret) => $$"""{"name":"{{name}}","created_at":"{{secret.UpdatedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}}","updated_at":"{{secret.UpdatedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""";

    private sealed class Token(string who) : IGitHubCredentials
    {
        ValueTask<SecretValue> IGitHubCredentials.TokenAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken) => new(SecretValue.FromText(who));

        bool IGitHubCredentials.Forget(string owner) => false;

        public void Dispose()
        {
        }
    }
}

internal sealed record StoredSecret(byte[] Value, DateTimeOffset UpdatedAt, string Writer);

internal sealed record SeenRequest(string Who, string Method, string Name)
{
    public override string ToString() => $"{Who} {Method} {Name}";
}

/// <param name="Value">Of a deletion: who had written it.</param>
internal sealed record SeenChange(string Who, string Method, string Store, string Name, string? Value);
