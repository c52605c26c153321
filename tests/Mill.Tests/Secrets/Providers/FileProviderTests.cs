using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>What a file provider makes of the files it finds. <see cref="FileFollowingTests"/> has what it makes of changes, <see cref="FileWritingTests"/> of writes.</summary>
public sealed class FileProviderTests
{
    private const string Canary = "canary-c0de";

    [Fact]
    public async Task The_path_says_which_format_it_is()
    {
        foreach (var format in new[] { SecretFileFormat.Dotenv, SecretFileFormat.Json, SecretFileFormat.KeyPerFile })
        {
            using var place = new SecretFilePlace(format, ("Key", "1"));
            await using var provider = await FileProvider.OpenAsync(place.Options with { Format = SecretFileFormat.ByPath });
            Assert.Equal(("1", null), (await provider.TextAsync("Key"), await provider.TextAsync("key")));
        }
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv)]
    [InlineData(SecretFileFormat.Json)]
    [InlineData(SecretFileFormat.KeyPerFile)]
    public async Task What_is_not_there_at_the_start_is_an_error_with_the_path(SecretFileFormat format)
    {
        using var place = new SecretFilePlace(format);
        var path = Path.Combine(place.Directory, "elsewhere", "missing");
        var missing = await Assert.ThrowsAsync<SecretUnavailableException>(async () => await FileProvider.OpenAsync(place.Options with { Path = path }));
        Assert.Equal($"{path} is not there.", missing.Message);
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options with { Path = " " }));
    }

    [Fact]
    public async Task A_directory_is_no_file()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json);
        await Assert.ThrowsAsync<SecretUnavailableException>(async () => await FileProvider.OpenAsync(place.Options with { Path = place.Directory }));
    }

    [Theory]
    [InlineData("{\"a\":{\"password\":\"canary-c0de\"}}", "\"a\" is an object")]
    [InlineData("{\"a\":[\"canary-c0de\"]}", "\"a\" is a list")]
    [InlineData("{\"a\":\"1\",\"b\":734219}", "\"b\" is a number")]
    [InlineData("{\"a\":null}", "\"a\" is null")]
    [InlineData("{\"a\":true}", "\"a\" is true or false")]
    [InlineData("{\n\"a\":\"1\",\n\"b\":canary-c0de}", "it is no JSON, in line 3")]
    [InlineData("{\"a\":\"canary-c0de", "it is no JSON, in line 1")]
    [InlineData("{\"a\":\"1\"} canary-c0de", "it is no JSON")]
    [InlineData("{\"a\":\"\\ud800canary-c0de\"}", "is not text in UTF-8")]
    [InlineData("[\"canary-c0de\"]", "it is no JSON object")]
    [InlineData("\"canary-c0de\"", "it is no JSON object")]
    [InlineData("canary-c0de", "it is no JSON")]
    [InlineData("", "it is no JSON")]
    public async Task What_is_no_flat_map_of_text_is_refused_without_quoting_it(string json, string message)
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json);
        SecretFilePlace.Replace(place.Path, json);
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options));
        Assert.StartsWith($"{place.Path}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("734219", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_json_file_may_begin_with_a_mark_and_hold_a_key_twice()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json);
        SecretFilePlace.Replace(place.Path, "\uFEFF{\"a\":\"1\",\"a\":\"\\u0032\\n\",\"é\":\"\"}");
        await using var provider = await FileProvider.OpenAsync(place.Options);
        Assert.Equal(("2\n", ""), (await provider.TextAsync("a"), await provider.TextAsync("é")));
    }

    [Fact]
    public async Task A_dotenv_file_with_an_open_quote_is_refused_without_quoting_it()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv);
        SecretFilePlace.Replace(place.Path, $"A=1\n\nB=\"{Canary}\nand more");
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options));
        Assert.Contains("a quote is not closed in line 3", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_per_key_keeps_its_bytes_and_hidden_files_do_not_count()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("plain", "1\n"), ("windows", "2\r\n"), ("none", "3"), (".hidden", "4"));
        Directory.CreateDirectory(Path.Combine(place.Path, "directory"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        Assert.Equal(["none", "plain", "windows"], (await provider.KeysAsync()).Keys);
        Assert.Equal("1\n", await provider.TextAsync("plain"));
        await using var trimming = await FileProvider.OpenAsync(place.Options with { TrimNewline = true });
        Assert.Equal(("1", "2", "3"), (await trimming.TextAsync("plain"), await trimming.TextAsync("windows"), await trimming.TextAsync("none")));
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv, UnixFileMode.GroupRead)]
    [InlineData(SecretFileFormat.Json, UnixFileMode.OtherRead)]
    [InlineData(SecretFileFormat.KeyPerFile, UnixFileMode.OtherRead | UnixFileMode.GroupRead)]
    [InlineData(SecretFileFormat.Json, UnixFileMode.OtherWrite)]
    public async Task A_file_that_others_may_read_is_refused_unless_that_is_allowed(SecretFileFormat format, UnixFileMode others)
    {
        using var place = new SecretFilePlace(format, ("a", Canary));
        var path = format is SecretFileFormat.KeyPerFile ? Path.Combine(place.Path, "a") : place.Path;
        File.SetUnixFileMode(path, UnixFileMode.UserRead | others);
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"chmod 600 {path}", refused.Hint, StringComparison.Ordinal);
        Assert.Contains(nameof(FileProviderOptions.AllowOthersToRead), refused.Hint, StringComparison.Ordinal);
        await using (var allowed = await FileProvider.OpenAsync(place.Options with { AllowOthersToRead = true })) Assert.Equal(Canary, await allowed.TextAsync("a"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        await using var closed = await FileProvider.OpenAsync(place.Options);
        Assert.Equal(Canary, await closed.TextAsync("a"));
    }

    [Fact]
    public async Task The_file_counts_that_a_link_leads_to()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        var link = Path.Combine(place.Directory, "link.env");
        File.CreateSymbolicLink(link, place.Path);
        await using (var provider = await FileProvider.OpenAsync(place.Options with { Path = link })) Assert.Equal("1", await provider.TextAsync("a"));
        File.SetUnixFileMode(place.Path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options with { Path = link }));
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv);
        using (var file = File.OpenWrite(place.Path)) file.SetLength((4 << 20) + 1);
        Assert.Contains("larger than 4 MiB", (await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lookup_touches_no_file()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        File.Delete(place.Path);
        var lookup = provider.TryGetAsync("a");
        Assert.True(lookup.IsCompletedSuccessfully);
        Assert.True((await lookup).IsFound);
    }
}
