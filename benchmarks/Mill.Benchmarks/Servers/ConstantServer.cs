using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Mill.Server;

namespace Mill.Benchmarks.Servers;

/// <summary>
/// The limit that reads are held against: the same Kestrel with the same settings, answering every request with one constant. The <c>constant</c> verb.
/// </summary>
internal static class ConstantServer
{
    public const string Name = "constant";

    /// <summary>As long as the answer to a read of a 100-byte value, about.</summary>
    private const int Length = 220;

    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ApiServer.Limit(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var answer = Encoding.ASCII.GetBytes("{\"value\":\"".PadRight(Length - 2, 'v') + "\"}");
        app.Run(async http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = answer.Length;
            await http.Response.BodyWriter.WriteAsync(answer, http.RequestAborted);
        });
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        var stopped = new TaskCompletionSource();
        using var signal = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopped.TrySetResult();
        });
        await stopped.Task;
        await app.StopAsync();
        return 0;
    }
}
