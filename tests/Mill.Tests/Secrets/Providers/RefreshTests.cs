using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>Looking at the place itself, where lookups are answered from memory.</summary>
public sealed class RefreshTests
{
    [Fact]
    public async Task A_file_is_read_at_once_and_one_that_cannot_be_read_leaves_what_was_there()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var file = await FileProvider.OpenAsync(place.Options);
        place.Change("a", "2");
        Assert.Equal("1", await file.TextAsync("a")); // its clock stands still
        await SecretProviderExtensions.RefreshAsync(file, "a");
        Assert.Equal("2", await file.TextAsync("a"));
        File.Delete(place.Path);
        await Assert.ThrowsAnyAsync<SecretProviderException>(async () => await file.RefreshAsync("a"));
        Assert.Equal("2", await file.TextAsync("a"));
    }

    [Fact]
    public async Task A_chain_has_every_link_look_and_fails_only_for_one_that_it_cannot_do_without()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        using var other = new SecretFilePlace(SecretFileFormat.Json, ("b", "1"));
        foreach (var isNeeded in (bool[])[true, false])
        {
            var (first, second) = (await FileProvider.OpenAsync(place.Options), await FileProvider.OpenAsync(other.Options));
            await using var chain = new ChainedProvider([new(Seeds.Memory("memory")), new(first, isNeeded ? OnLinkError.FailFast : OnLinkError.Continue), new(second)]);
            other.Change("b", isNeeded ? "2" : "3");
            await chain.RefreshAsync("b");
            Assert.Equal(isNeeded ? "2" : "3", await chain.TextAsync("b"));
            SecretFilePlace.Replace(place.Path, "no dotenv", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            if (isNeeded) await Assert.ThrowsAnyAsync<SecretProviderException>(async () => await chain.RefreshAsync("b"));
            else await chain.RefreshAsync("b");
            place.Change("a", "1");
        }
    }

    [Fact]
    public async Task What_keeps_nothing_has_nothing_to_do()
    {
        await using var memory = Seeds.Memory("memory", ("a", "1"));
        await memory.RefreshAsync("a");
        Assert.Equal("1", await memory.TextAsync("a"));
    }
}
