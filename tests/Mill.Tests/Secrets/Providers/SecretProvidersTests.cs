using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>The provider that settings ask for.</summary>
public sealed class SecretProvidersTests
{
    private static ValueTask<ISecretProvider> From(params (string Name, string Value)[] settings) =>
        SecretProviders.FromConfigurationAsync(settings.ToDictionary(setting => setting.Name, setting => setting.Value));

    [Fact]
    public async Task Without_settings_it_is_the_environment()
    {
        Assert.IsType<EnvironmentProvider>(await From());
        Assert.IsType<EnvironmentProvider>(await SecretProviders.FromEnvironmentAsync());
    }

    [Theory]
    [InlineData("memory", "memory")]
    [InlineData(" ,memory, ,", "memory")]
    [InlineData("Env", "env")]
    [InlineData("env,memory", "chain")]
    [InlineData(" env ,, memory ", "chain")]
    public async Task Names_are_trimmed_blanks_do_not_count_and_several_make_a_chain(string chain, string name)
    {
        await using var provider = await From(("SECRET_PROVIDER_CHAIN", chain));
        Assert.Equal(name, provider.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    public async Task An_empty_chain_is_refused(string chain)
    {
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await From(("SECRET_PROVIDER_CHAIN", chain)));
        Assert.Equal(("No providers configured.", "The providers are env, file, memory."), (refused.Message, refused.Hint));
    }

    [Fact]
    public async Task Unknown_names_are_all_told_with_what_may_have_been_meant()
    {
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await From(("SECRET_PROVIDER_CHAIN", "env,flie,kubernetes")));
        Assert.Equal("SECRET_PROVIDER_CHAIN names what is no provider: \"flie\" (did you mean \"file\"?), \"kubernetes\".", refused.Message);
        Assert.Equal("The providers are env, file, memory.", refused.Hint);
    }

    [Fact]
    public async Task The_order_of_the_chain_is_the_order_of_the_names()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("PATH", "from the file"), ("ONLY_HERE", "1"));
        await using var provider = await From(("SECRET_PROVIDER_CHAIN", "file,env"), ("SECRET_FILE_PATH", place.Path));
        Assert.Equal("file", (await provider.TryGetAsync("PATH")).ResolvedFrom);
        await using var reverse = await From(("SECRET_PROVIDER_CHAIN", "env,file"), ("SECRET_FILE_PATH", place.Path));
        Assert.Equal(("env", "file"), ((await reverse.TryGetAsync("PATH")).ResolvedFrom, (await reverse.TryGetAsync("ONLY_HERE")).ResolvedFrom));
    }

    [Fact]
    public async Task A_file_needs_a_path()
    {
        foreach (var path in new[] { "", "  " })
        {
            var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await From(("SECRET_PROVIDER_CHAIN", "file"), ("SECRET_FILE_PATH", path)));
            Assert.Contains("SECRET_FILE_PATH", refused.Message, StringComparison.Ordinal);
        }
        await Assert.ThrowsAsync<SecretUnavailableException>(async () => await From(("SECRET_PROVIDER_CHAIN", "memory,file"), ("SECRET_FILE_PATH", "/nowhere/at/all")));
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv, "DotEnv")]
    [InlineData(SecretFileFormat.Dotenv, "env")]
    [InlineData(SecretFileFormat.Json, " JSON ")]
    [InlineData(SecretFileFormat.KeyPerFile, "directory")]
    public async Task The_format_can_be_said(SecretFileFormat format, string name)
    {
        using var place = new SecretFilePlace(format, ("a", "1"));
        await using var provider = await From(("SECRET_PROVIDER_CHAIN", "file"), ("SECRET_FILE_PATH", place.Path), ("SECRET_FILE_FORMAT", name));
        Assert.Equal("1", await provider.TextAsync("a"));
    }

    [Theory]
    [InlineData("toml")]
    [InlineData("yaml")]
    [InlineData("ini")]
    public async Task An_unknown_format_is_refused_with_those_there_are(string format)
    {
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await From(("SECRET_PROVIDER_CHAIN", "file"), ("SECRET_FILE_PATH", "/x"), ("SECRET_FILE_FORMAT", format)));
        Assert.Contains($"\"{format}\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal("The formats are dotenv, json, and directory (one file per secret).", refused.Hint);
    }

    [Fact]
    public async Task Whether_others_may_read_the_file_can_be_said()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json, ("a", "1"));
        File.SetUnixFileMode(place.Path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        (string, string)[] settings = [("SECRET_PROVIDER_CHAIN", "file"), ("SECRET_FILE_PATH", place.Path)];
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await From(settings));
        Assert.Contains("SECRET_FILE_ALLOW_OTHERS_TO_READ", refused.Hint, StringComparison.Ordinal);
        await using (var allowed = await From([.. settings, ("SECRET_FILE_ALLOW_OTHERS_TO_READ", "TRUE")])) Assert.Equal("1", await allowed.TextAsync("a"));
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await From([.. settings, ("SECRET_FILE_ALLOW_OTHERS_TO_READ", "maybe")]));
    }

    [Fact]
    public async Task Another_assembly_adds_its_own_and_reads_its_own_settings()
    {
        var registry = new SecretProviderRegistry().Add("vault", (settings, _) => new(Seeds.Memory($"vault at {settings("VAULT_ADDRESS")}", ("a", "1"))));
        await using var provider = await SecretProviders.FromConfigurationAsync(name => name is "SECRET_PROVIDER_CHAIN" ? "env,vault" : "there", registry);
        Assert.Equal("vault at there", (await provider.TryGetAsync("a")).ResolvedFrom);
        Assert.Equal(["env", "file", "memory", "vault"], registry.Names);
    }

    [Fact]
    public async Task What_was_made_before_one_failed_is_disposed()
    {
        var first = Seeds.Memory("first", ("a", "1"));
        var registry = new SecretProviderRegistry().Add("first", (_, _) => new(first));
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await SecretProviders.FromConfigurationAsync(name => name is "SECRET_PROVIDER_CHAIN" ? "first,file" : null, registry));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await first.TryGetAsync("a"));
    }

    [Fact]
    public async Task The_environment_lists_what_starts_with_the_prefix()
    {
        var prefix = $"T{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(prefix + "_A", "1");
        await using var provider = await From(("SECRET_ENV_PREFIX", prefix));
        Assert.Equal([prefix + "_A"], (await provider.KeysAsync()).Keys);
        Environment.SetEnvironmentVariable(prefix + "_A", null);
    }
}
