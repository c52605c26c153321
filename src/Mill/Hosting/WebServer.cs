using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Server;

namespace Mill.Hosting;

/// <summary>The web application that every kind of server is.</summary>
internal static class WebServer
{
    /// <param name="tls">Sets up TLS; null for plain HTTP.</param>
    public static WebApplication Build(IPEndPoint listen, LogLevel logLevel, Action<ListenOptions>? tls)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        Logs.Configure(builder.Logging, logLevel);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        if (tls is null) builder.WebHost.UseKestrelCore();
        else builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ApiServer.Limit(kestrel);
            kestrel.Listen(listen, tls ?? (static _ => { }));
        });
        builder.Services.AddMillApi();
        return builder.Build();
    }
}
