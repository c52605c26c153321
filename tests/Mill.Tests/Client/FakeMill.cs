using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Client;

namespace Mill.Tests.Client;

/// <summary>A server on a socket that answers what a test tells it to and remembers what it was asked.</summary>
internal sealed class FakeMill : IAsyncDisposable
{
    public const string Token = "mill_fake_token";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, RequestDelegate> _answers = new();
    private readonly ConcurrentQueue<SeenRequest> _seen = new();

    private FakeMill(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = MillClientOptions.DefaultAddress;

    public IReadOnlyList<SeenRequest> Seen => [.. _seen];

    /// <param name="certificate">With its key, for https; null for http.</param>
    /// <param name="issuer">Shown along with it.</param>
    public static async Task<FakeMill> StartAsync(X509Certificate2? certificate = null, X509Certificate2? issuer = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is null) return;
            var tls = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, issuer is null ? null : [issuer], offline: true) };
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(tls) });
        }));
        builder.Services.AddLogging(logging => logging.ClearProviders());
        var app = builder.Build();
        var fake = new FakeMill(app);
        app.Run(fake.AnswerAsync);
        await app.StartAsync();
        fake.Address = new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        return fake;
    }

    /// <param name="request">Method and target as they stand on the wire: <c>GET /v1/secrets/a%2Fb?version=2</c>.</param>
    public void On(string request, RequestDelegate answer) => _answers[request] = answer;

    public void On(string request, string json, int status = 200) => On(request, context => WriteAsync(context, status, "application/json", json));

    public void Fail(string request, int status, string code, string members = "") => On(request, context => WriteAsync(context, status, "application/problem+json",
        $$"""{"type":"about:blank","title":"t","status":{{status}},"detail":"It is {{code}}.","code":"{{code}}","request_id":"r-1"{{members}}}"""));

    /// <summary>A refusal that says when to come back.</summary>
    public static Task RefuseAsync(HttpContext context, string code, string retryAfter)
    {
        context.Response.Headers.RetryAfter = retryAfter;
        return WriteAsync(context, 503, "application/problem+json", $$"""{"type":"about:blank","title":"t","status":503,"detail":"It is {{code}}.","code":"{{code}}"}""");
    }

    public MillClient Connect() => new(new() { Address = Address, Token = Token });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public static async Task WriteAsync(HttpContext context, int status, string type, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        if (status is not 204) await context.Response.WriteAsync(body);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _seen.Enqueue(new(context.Request.Method, target, headers, await reader.ReadToEndAsync()));
        if (_answers.TryGetValue($"{context.Request.Method} {target}", out var answer)) await answer(context);
        else await WriteAsync(context, 404, "application/problem+json", """{"type":"about:blank","title":"t","status":404,"detail":"There is no such thing.","code":"not_found"}""");
    }
}

internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
