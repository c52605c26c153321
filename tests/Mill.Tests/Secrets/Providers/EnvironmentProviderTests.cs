using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

public sealed class EnvironmentProviderTests : IDisposable
{
    private const string Canary = "canary-91cc";

    private readonly string _id = $"T{Guid.NewGuid():N}".ToUpperInvariant();
    private readonly List<string> _set = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-env-").FullName;

    public void Dispose()
    {
        foreach (var name in _set) Environment.SetEnvironmentVariable(name, null);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_key_is_the_name_of_the_variable_and_an_empty_one_is_a_value()
    {
        Set($"{_id}_A", "1");
        Set($"{_id}_EMPTY", "");
        await using var provider = new EnvironmentProvider();
        Assert.Equal("1", await provider.TextAsync($"{_id}_A"));
        Assert.Equal("", await provider.TextAsync($"{_id}_EMPTY"));
        Assert.Null(await provider.TextAsync($"{_id}_a"));
        Assert.Equal("env", (await provider.TryGetAsync($"{_id}_A")).ResolvedFrom);
    }

    [Fact]
    public async Task Nothing_can_be_set()
    {
        await using var provider = new EnvironmentProvider();
        var refused = await Assert.ThrowsAsync<SecretUnsupportedException>(() => provider.SetAsync($"{_id}_A", Canary));
        Assert.Contains($"{_id}_A", refused.Message, StringComparison.Ordinal);
        Assert.Null(await provider.TextAsync($"{_id}_A"));
    }

    [Fact]
    public async Task No_keys_are_listed_unless_they_are_asked_for()
    {
        foreach (var name in new[] { "A", "B", "C_FILE" }) Set($"{_id}_{name}", name);
        Assert.Empty((await new EnvironmentProvider().KeysAsync()).Keys);
        Assert.False(new EnvironmentProvider().Capabilities.HasFlag(SecretCapabilities.List));
        Assert.Equal([$"{_id}_A", $"{_id}_B", $"{_id}_C_FILE"], (await new EnvironmentProvider(new() { ListedPrefix = _id }).KeysAsync()).Keys);
        Assert.Equal([$"{_id}_A", $"{_id}_B", $"{_id}_C"], (await new EnvironmentProvider(new() { ListedPrefix = _id, ReadsFiles = true }).KeysAsync()).Keys);
        Assert.Equal([$"{_id}_B"], (await new EnvironmentProvider(new() { ListedKeys = [$"{_id}_B", $"{_id}_MISSING"] }).KeysAsync()).Keys);
    }

    [Fact]
    public async Task A_watch_is_over_at_once()
    {
        await using var watch = new ChangeReader(new EnvironmentProvider());
        Assert.Null(await watch.NextAsync());
    }

    [Theory]
    [InlineData("db:password", EnvironmentNames.Colons, "db__password")]
    [InlineData("db:password", EnvironmentNames.UpperSnake, "DB_PASSWORD")]
    [InlineData("Db:HostPassword", EnvironmentNames.Colons | EnvironmentNames.UpperSnake, "DB__HOST_PASSWORD")]
    [InlineData("db-host.password2Key", EnvironmentNames.UpperSnake, "DB_HOST_PASSWORD2_KEY")]
    [InlineData("APIKey", EnvironmentNames.UpperSnake, "API_KEY")]
    [InlineData("s3-BUCKET_S3BUCKET", EnvironmentNames.UpperSnake, "S3_BUCKET_S3BUCKET")]
    public async Task Names_are_mapped_where_that_is_asked_for(string key, EnvironmentNames names, string variable)
    {
        (key, variable) = ($"{_id}_{key}", $"{_id}_{variable}");
        Set(variable, "mapped");
        await using var provider = new EnvironmentProvider(new() { Names = names });
        Assert.Equal("mapped", await provider.TextAsync(key));
        Assert.Null(await new EnvironmentProvider().TextAsync(key));
        Set(key, "exact");
        Assert.Equal("exact", await provider.TextAsync(key));
    }

    [Fact]
    public async Task Listed_keys_are_mapped_back()
    {
        Set($"{_id}__PASSWORD", "1");
        await using var provider = new EnvironmentProvider(new() { ListedPrefix = _id, Names = EnvironmentNames.Colons });
        Assert.Equal([$"{_id}:PASSWORD"], (await provider.KeysAsync()).Keys);
        Assert.Equal("1", await provider.TextAsync($"{_id}:PASSWORD"));
    }

    [Fact]
    public async Task A_variable_may_name_the_file_that_holds_the_value()
    {
        var path = Path.Combine(_directory, "value");
        File.WriteAllText(path, "from a file\n\n");
        Set($"{_id}_A_FILE", path);
        await using var provider = new EnvironmentProvider(new() { ReadsFiles = true });
        Assert.Equal("from a file\n", await provider.TextAsync($"{_id}_A"));
        Assert.Null(await new EnvironmentProvider().TextAsync($"{_id}_A"));
        Set($"{_id}_A", "itself");
        Assert.Equal("itself", await provider.TextAsync($"{_id}_A"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_an_outage_that_names_the_variable()
    {
        Set($"{_id}_A_FILE", Path.Combine(_directory, "missing"));
        var lookup = await new EnvironmentProvider(new() { ReadsFiles = true }).TryGetAsync($"{_id}_A");
        Assert.Equal(SecretLookupStatus.Unavailable, lookup.Status);
        Assert.Contains($"{_id}_A_FILE", Assert.IsType<SecretUnavailableException>(lookup.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_is_no_text_is_an_outage_that_names_the_variable()
    {
        var (output, code) = await OtherProcess.RunAsync("/bin/sh", "-c", $"exec env \"$(printf 'BAD_{_id}={Canary}\\377')\" \"GOOD_{_id}=\uFFFD\" {OtherProcess.CommandLine} env BAD_{_id} GOOD_{_id}");
        Assert.Equal(0, code);
        Assert.Equal($"Unavailable storage_unavailable The variable BAD_{_id} is not text in UTF-8.\nFound\n", output);
    }

    private void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        _set.Add(name);
    }
}
