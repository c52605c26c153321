using Microsoft.Extensions.DependencyInjection;
using Mill.Extensions.Services;

namespace Mill.Extensions.Health;

/// <summary>Makes the check of one provider.</summary>
/// <param name="Key">Null for the one without a key.</param>
internal sealed record SecretsCheckFactory(object? Key)
{
    public SecretsHealthCheck Make(IServiceProvider services) => new(services, services.GetServices<SecretsRegistration>().LastOrDefault(one => Equals(one.Key, Key)));
}
