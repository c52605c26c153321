using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Services;

/// <summary>One provider among the services.</summary>
/// <param name="Key">Null for the one without a key.</param>
internal sealed record SecretsRegistration(object? Key)
{
    public string OptionsName => Key is null ? Options.DefaultName : $"{Key}";

    public ISecretProvider Find(IServiceProvider services) => Key is null ? services.GetRequiredService<ISecretProvider>() : services.GetRequiredKeyedService<ISecretProvider>(Key);

    public HostedSecrets Make(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptionsMonitor<MillSecretsOptions>>().Get(OptionsName);
        // Settings come from where the application has its others. The environment is mostly there too.
        if (options.Settings is null && services.GetService<IConfiguration>() is { } configuration) options.Settings = name => configuration[name] ?? Environment.GetEnvironmentVariable(name);
        return new(options);
    }
}
