using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>What somebody reads who has the package, and not the library that it needs.</summary>
public sealed class FakeGitHubSodiumTests
{
    [Fact]
    public void A_library_that_is_missing_is_named_with_what_to_install() => Assert.Equal(
        "The fake GitHub needs libsodium, to open what is sealed for it, and there is no libsodium.so.0. On Debian and Ubuntu: apt install libsodium23.",
        Assert.Throws<DllNotFoundException>(() => KeyPair.Demand("libsodium.so.0")).Message);
}
