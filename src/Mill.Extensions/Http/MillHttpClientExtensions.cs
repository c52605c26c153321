using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Mill.Extensions;
using Mill.Extensions.Http;
using Mill.Secrets.Providers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Secrets in the requests of an <see cref="HttpClient"/>.</summary>
public static class MillHttpClientExtensions
{
    /// <summary>
    /// Puts a secret into each request of this client, as a bearer token where nothing else is said, and never into a log. After a refusal (401) the secret is looked up anew, and the request sent once more where it
    /// is another one; a request whose body is a stream is not. Sending throws <see cref="SecretProviderException"/> where there is no such secret.
    /// </summary>
    public static IHttpClientBuilder AddMillToken(this IHttpClientBuilder builder, string secret, Action<MillTokenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(secret);
        var options = new MillTokenOptions();
        configure?.Invoke(options);
        // Whatever else may be shown of requests, this may not.
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, factory =>
        {
            var isRedacted = factory.ShouldRedactHeaderValue;
            factory.ShouldRedactHeaderValue = header => header.Equals(options.Header, StringComparison.OrdinalIgnoreCase) || isRedacted(header);
        });
        return builder.AddHttpMessageHandler(services => new SecretTokenHandler(
            options.ServiceKey is { } key ? services.GetRequiredKeyedService<ISecretProvider>(key) : services.GetRequiredService<ISecretProvider>(),
            secret,
            options,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Mill.Extensions")));
    }
}
