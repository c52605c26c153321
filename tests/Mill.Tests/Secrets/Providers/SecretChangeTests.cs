using Mill.Secrets;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

public sealed class SecretChangeTests
{
    [Fact]
    public void Changes_with_the_same_kind_and_keys_are_equal()
    {
        var change = new SecretChange(SecretChangeKind.Rotated, "a", "b");
        Assert.Equal(change, new SecretChange(SecretChangeKind.Rotated, ["a", "b"]));
        Assert.Equal(change.GetHashCode(), new SecretChange(SecretChangeKind.Rotated, ["a", "b"]).GetHashCode());
        Assert.NotEqual(change, new SecretChange(SecretChangeKind.Added, "a", "b"));
        Assert.NotEqual(change, new SecretChange(SecretChangeKind.Rotated, "a"));
        Assert.NotEqual(change, new SecretChange(SecretChangeKind.Rotated, "b", "a"));
        Assert.Equal("Rotated: a, b", change.ToString());
    }

    [Fact]
    public void Every_failure_is_a_failure_of_mill_with_a_code_of_its_own()
    {
        SecretProviderException[] all =
        [
            new SecretNotFoundException("file", "a"), new SecretUnavailableException("file", "gone"), new SecretUnsupportedException("file", "no"), new SecretConfigurationException("file", "what"),
        ];
        Assert.Equal(["not_found", "storage_unavailable", "unsupported", "configuration"], all.Select(failure => failure.Error.ToCode()));
        Assert.All(all, failure => Assert.Equal("file", Assert.IsAssignableFrom<MillException>(failure) is SecretProviderException of ? of.Provider : null));
        Assert.Equal([false, true, false, false], all.Select(failure => failure.IsTransient));
        Assert.True(new SecretUnavailableException("vault", "no server", error: MillError.Unreachable).IsTransient);
    }

    /// <summary>No name of a secret gets into a log by what does not log.</summary>
    [Fact]
    public void Neither_providers_nor_the_client_write_logs_or_traces_of_their_own()
    {
        foreach (var assembly in new[] { typeof(ISecretProvider).Assembly, typeof(Mill.Client.MillClient).Assembly })
        {
            Assert.DoesNotContain(assembly.GetReferencedAssemblies(), reference => reference.Name!.StartsWith("Microsoft.Extensions", StringComparison.Ordinal) || reference.Name is "System.Diagnostics.TraceSource" or "System.Diagnostics.Tracing" or "System.Diagnostics.Debug" or "System.Console");
        }
    }
}
