using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mill.Client.Providers;
using Mill.Extensions;
using Mill.Secrets.Providers;

namespace Mill.Tests.Extensions.Samples;

/// <summary>The code of docs/dotnet.md, so that a compiler reads it too.</summary>
internal static class ApplicationSamples
{
    public static void Everything(IHostApplicationBuilder builder)
    {
        builder.AddMillSecrets(options =>
        {
            options.Start = SecretStart.LastGood;                     // or Required, or Optional
            options.LastGoodFile = "/var/lib/shop/secrets.last-good"; // sealed; see below
        });
        builder.Services.AddOptions<DatabaseOptions>().BindConfiguration("Database");
    }

    public static void SettingsOnly(IConfigurationBuilder configuration, string token)
    {
        configuration.AddMillSecrets(options =>
        {
            options.Vault = new() { Server = new() { Address = new("https://10.0.0.1:4400"), Token = token } };
            options.Prefix = "shop/";      // shop/Database__Password is Database:Password
            options.ErrorChanged = error => Console.Error.WriteLine(error?.Message ?? "Secrets are the latest again.");
        });
    }

    public static void Services(IServiceCollection services, VaultProviderOptions payments)
    {
        services.AddMillSecrets();                                                     // ISecretProvider
        services.AddKeyedMillSecrets("payments", options => options.Vault = payments); // [FromKeyedServices("payments")] ISecretProvider
        services.AddHealthChecks().AddMillSecrets().AddMillSecrets(serviceKey: "payments");  // "mill" and "mill-payments", or as you name them
    }

    public static void HttpClients(IServiceCollection services)
    {
        services.AddHttpClient("billing", client => client.BaseAddress = new("https://billing.example")).AddMillToken("billing/token");
        services.AddHttpClient("maps").AddMillToken("maps/key", options => (options.Header, options.Scheme) = ("X-Api-Key", ""));
    }

    public static void Debugging(IConfigurationRoot configuration)
    {
        Console.WriteLine(configuration.GetMaskedDebugView());
    }

    internal sealed class DatabaseOptions
    {
        public string? Password { get; set; }
    }

    internal sealed class Checkout([FromKeyedServices("payments")] ISecretProvider payments)
    {
        public ISecretProvider Payments => payments;
    }
}
