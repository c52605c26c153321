// Orders for whoever has the key, which rotates while this runs:
//
//   mill dev &
//   mill secret set Shop__ApiKey
//   SECRET_PROVIDER_CHAIN=vault MILL_TOKEN_FILE=… dotnet run --project samples/web
//
// samples/env-to-app.sh does so, and takes the vault away for a while.
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Mill.Client.Providers;
using Mill.Extensions;
using Mill.Extensions.Logging;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

var builder = WebApplication.CreateBuilder(args);
// Every value that comes from the provider is masked in the log, whoever writes it there.
var values = new RedactionSet();
builder.Logging.AddMillRedaction(values);
builder.AddMillSecrets(options =>
{
    options.Start = SecretStart.Optional;
    options.Create = async cancellationToken =>
        new RedactedProvider(await SecretProviders.FromConfigurationAsync(name => builder.Configuration[name], new SecretProviderRegistry().AddVault(vault => vault with { Start = VaultStart.Optional }), cancellationToken), values);
});
builder.Services.AddOptions<Shop>().BindConfiguration("Shop");

var app = builder.Build();
app.MapHealthChecks("/healthz");
app.MapGet("/orders", (HttpRequest request, IOptionsMonitor<Shop> shop) => shop.CurrentValue.Accepts(request.Headers["X-Api-Key"]) ? Results.Ok(Array.Empty<string>()) : Results.Unauthorized());

var shops = app.Services.GetRequiredService<IOptionsMonitor<Shop>>();
Log.HasSettings(app.Logger);
shops.OnChange(_ => Log.HasSettings(app.Logger));
app.Run();

/// <summary>Bound anew whenever one of its secrets changes.</summary>
internal sealed record Shop
{
    public string? ApiKey { get; set; }

    /// <summary>Takes as long for a key that is nearly right as for any other.</summary>
    public bool Accepts(string? key) => ApiKey is not null && key is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(ApiKey), Encoding.UTF8.GetBytes(key));
}

internal static partial class Log
{
    /// <summary>And not which: what does not come from the provider, but from a file of settings, is not masked.</summary>
    [LoggerMessage(1, LogLevel.Information, "The shop has its settings")]
    public static partial void HasSettings(ILogger logger);
}
