using Mill.Secrets.Providers;

namespace Mill.Testing;

/// <summary>A provider, and the hand that changes what lies behind it.</summary>
public sealed class ProviderUnderTest(ISecretProvider provider) : IAsyncDisposable
{
    public ISecretProvider Provider => provider;

    /// <summary>Gives a secret another value, not by way of the provider; null takes it away.</summary>
    public required Action<string, string?> Change { get; init; }

    /// <summary>Lets some time pass, for those that look now and then.</summary>
    public Action Tick { get; init; } = () => { };

    public Action CleanUp { get; init; } = () => { };

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        CleanUp();
    }
}
