using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Server;

namespace Mill.Hosting;

/// <summary>The web application that every kind of server is.</summary>
internal static class WebServer
{
    /// <param name="tls">Null for plain HTTP.</param>
    public static WebApplication Build(IPEndPoint listen, LogLevel logLevel, TlsHandshakeCallbackOptions? tls)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.SetMinimumLevel(logLevel).AddFilter("Microsoft", logLevel > LogLevel.Warning ? logLevel : LogLevel.Warning)
            // Mill logs its requests itself; this category costs every request an activity and a scope.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // The host logs a failed start with its stack trace; whoever started it gets the exception and says it in words.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", true));
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        if (tls is null) builder.WebHost.UseKestrelCore();
        else builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ApiServer.Limit(kestrel);
            kestrel.Listen(listen, options =>
            {
                if (tls is not null) options.UseHttps(tls);
            });
        });
        builder.Services.AddMillApi();
        return builder.Build();
    }
}
