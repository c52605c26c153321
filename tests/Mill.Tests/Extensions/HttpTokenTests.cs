using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Extensions.Http;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Testing;
using Mill.Tests.Client;
using Mill.Tests.Secrets.Providers;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>Secrets in the requests of an HTTP client, against a server that knows which one is right.</summary>
public sealed class HttpTokenTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTime _time = new();
    private readonly CapturedLogs _logs = new();
    private readonly MemoryProvider _vault = Seeds.Memory("vault", ("api/token", "canary-1"));
    private readonly Cache _cache;
    private FakeMill _server = null!;
    private string _right = "Bearer canary-1";

    public HttpTokenTests() => _cache = new(_vault);

    public async Task InitializeAsync()
    {
        _server = await FakeMill.StartAsync();
        foreach (var method in (string[])["GET", "POST"])
        {
            _server.On($"{method} /data", context =>
            {
                var given = context.Request.Headers.Authorization.ToString() + context.Request.Headers["X-Api-Key"];
                return FakeMill.WriteAsync(context, given == _right ? 200 : 401, "text/plain", "");
            });
        }
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _logs.Dispose();

    [Fact]
    public async Task Every_request_has_the_secret_as_it_is_then()
    {
        await using var services = Services();
        var http = Http(services);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/data")).StatusCode);
        await _cache.SetAsync("api/token", "canary-2\n"); // as files have it
        _right = "Bearer canary-2";
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/data")).StatusCode);
        Assert.Equal(["Bearer canary-1", "Bearer canary-2"], _server.Seen.Select(seen => seen.Header("Authorization")));
    }

    [Fact]
    public async Task A_refusal_has_the_secret_looked_up_and_the_request_is_sent_once_more_with_the_new_one()
    {
        await using var services = Services();
        var http = Http(services);
        await _vault.SetAsync("api/token", "canary-2"); // and what keeps it has not heard of it yet
        _right = "Bearer canary-2";
        using var body = new StringContent("body");
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/data", body)).StatusCode);
        Assert.Equal([("Bearer canary-1", "body"), ("Bearer canary-2", "body")], _server.Seen.Select(seen => (seen.Header("Authorization"), seen.Body)));
        Assert.Equal(1, _cache.Refreshes);
    }

    [Fact]
    public async Task A_refusal_of_the_secret_as_it_is_stays_one_and_the_vault_is_not_asked_at_each()
    {
        await using var services = Services();
        var http = Http(services);
        _right = "nobody's";
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/data")).StatusCode);
        Assert.Equal((5, 1), (_server.Seen.Count, _cache.Refreshes));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/data")).StatusCode);
        Assert.Equal((6, 2), (_server.Seen.Count, _cache.Refreshes));
    }

    [Fact]
    public async Task Of_many_refusals_at_once_one_asks_and_all_are_sent_again()
    {
        await using var services = Services();
        var http = Http(services);
        await _vault.SetAsync("api/token", "canary-2");
        _right = "Bearer canary-2";
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => http.GetAsync("/data")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(1, _cache.Refreshes);
    }

    [Fact]
    public async Task A_body_that_is_a_stream_is_not_sent_again()
    {
        await using var services = Services();
        await _vault.SetAsync("api/token", "canary-2");
        _right = "Bearer canary-2";
        using var body = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes("body")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Http(services).PostAsync("/data", body)).StatusCode);
        Assert.Single(_server.Seen);
    }

    [Fact]
    public async Task A_vault_that_is_away_leaves_the_refusal_as_the_answer()
    {
        await using var services = Services();
        _right = "nobody's";
        _cache.Outage = new("vault", "The wire was cut.");
        Assert.Equal(HttpStatusCode.Unauthorized, (await Http(services).GetAsync("/data")).StatusCode);
        Assert.Contains("whether there is another one is not known: storage_unavailable", _logs.All, StringComparison.Ordinal);
        foreach (var text in (string[])["The wire was cut.", "api/token"]) Assert.DoesNotContain(text, _logs.All, StringComparison.Ordinal); // messages may name secrets
    }

    [Fact]
    public async Task A_log_names_no_secret_that_is_gone_by_the_second_look()
    {
        await using var services = Services();
        _right = "nobody's";
        _vault.Remove("api/token");
        Assert.Equal(HttpStatusCode.Unauthorized, (await Http(services).GetAsync("/data")).StatusCode);
        Assert.Contains("A secret of secrets was refused by a server, and whether there is another one is not known: not_found", _logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("api/token", _logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_nobody_gets_is_disposed()
    {
        using var stop = new CancellationTokenSource();
        using var body = new Body();
        _cache.Refreshing = stop.Cancel;
        using var handler = new SecretTokenHandler(_cache, "api/token", new(), _time, _logs.CreateLogger("test")) { InnerHandler = new Refusing(body) };
        using var http = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost/data");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => http.SendAsync(request, stop.Token));
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task A_key_of_an_interface_stands_in_its_own_header()
    {
        await using var services = Services(options => (options.Header, options.Scheme) = ("X-Api-Key", ""));
        _right = "canary-1";
        Assert.Equal(HttpStatusCode.OK, (await Http(services).GetAsync("/data")).StatusCode);
        Assert.DoesNotContain("canary", _logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_is_logged_however_much_is_and_other_headers_are_as_their_owner_said()
    {
        await using var services = Services(builder: client => client.RedactLoggedHeaders(["X-Hidden"]));
        var http = Http(services);
        http.DefaultRequestHeaders.Add("X-Hidden", "invisible");
        http.DefaultRequestHeaders.Add("X-Shown", "visible");
        await http.GetAsync("/data");
        Assert.Contains("visible", _logs.All, StringComparison.Ordinal); // headers are logged at all
        Assert.DoesNotContain("invisible", _logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", _logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_not_there_or_can_be_no_header_is_said_before_anything_is_sent()
    {
        await using var services = Services();
        var http = Http(services);
        await _cache.SetAsync("api/token", "canary\r\nX-Evil: 1");
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(() => http.GetAsync("/data"));
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
        await _cache.SetAsync("api/token", "");
        await Assert.ThrowsAsync<SecretConfigurationException>(() => http.GetAsync("/data"));
        _cache.Remove("api/token");
        await Assert.ThrowsAsync<SecretNotFoundException>(() => http.GetAsync("/data"));
        Assert.Empty(_server.Seen);
    }

    [Fact]
    public async Task A_request_that_cannot_wait_for_the_secret_is_not_sent_without_it()
    {
        await using var services = Services();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/data");
        Assert.Throws<NotSupportedException>(() => Http(services).Send(request));
        Assert.Empty(_server.Seen);
    }

    private ServiceProvider Services(Action<Mill.Extensions.MillTokenOptions>? configure = null, Action<IHttpClientBuilder>? builder = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(_logs));
        services.AddSingleton<TimeProvider>(_time).AddMillSecrets(options => options.Provider = _cache);
        var client = services.AddHttpClient("api", http => http.BaseAddress = _server.Address).AddMillToken("api/token", configure);
        builder?.Invoke(client);
        return services.BuildServiceProvider();
    }

    private static HttpClient Http(ServiceProvider services) => services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

    private sealed class Body() : ByteArrayContent([])
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class Refusing(HttpContent body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.Unauthorized) { Content = body });
    }

    /// <summary>A provider that keeps what it was asked for, and looks again only when it is told to.</summary>
    private sealed class Cache(MemoryProvider vault) : IRefreshableSecretProvider
    {
        private readonly MemoryProvider _kept = Seeds.Memory("vault", ("api/token", "canary-1"));

        public int Refreshes { get; private set; }

        public SecretUnavailableException? Outage { get; set; }

        /// <summary>Happens when it is told to look again.</summary>
        public Action? Refreshing { get; set; }

        public string Name => _kept.Name;

        public SecretCapabilities Capabilities => _kept.Capabilities;

        public void Remove(string key) => _kept.Remove(key);

        public ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default) => _kept.TryGetAsync(key, cancellationToken);

        public ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default) => _kept.SetAsync(key, value, cancellationToken);

        public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default) => _kept.KeysAsync(cancellationToken);

        public IAsyncEnumerable<SecretChange> WatchAsync(CancellationToken cancellationToken = default) => _kept.WatchAsync(cancellationToken);

        public async ValueTask RefreshAsync(string key, CancellationToken cancellationToken = default)
        {
            Refreshes++;
            Refreshing?.Invoke();
            if (Outage is { } outage) throw outage;
            using var value = await vault.GetAsync(key, cancellationToken);
            await _kept.SetAsync(key, value, cancellationToken);
        }

        public ValueTask DisposeAsync() => _kept.DisposeAsync();
    }
}
