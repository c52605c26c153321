using Xunit;

namespace Mill.Tests.Secrets;

/// <summary>
/// A line that goes or changes breaks those who use the SDK; one that comes is a promise. To agree to a change:
/// <c>dotnet exec artifacts/bin/Mill.Tests/debug/Mill.Tests.dll api Mill.Secrets > src/Mill.Secrets/PublicApi.txt</c>.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("Mill.Secrets")]
    [InlineData("Mill.Client")]
    [InlineData("Mill.Extensions")]
    [InlineData("Mill.Testing.GitHub")]
    public void The_public_surface_of_a_package_is_the_one_on_file(string package) =>
        Assert.Equal(File.ReadAllLines(Path.Combine(Repository.Root, "src", package, "PublicApi.txt")), PublicApi.Of(PublicApi.Packages[package]));
}
