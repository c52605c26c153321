using Mill.Secrets;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>What a file provider does to the files it may write.</summary>
public sealed class FileWritingTests
{
    private const string Canary = "canary-c0de";

    [Fact]
    public async Task Setting_a_variable_leaves_every_other_line_as_it_is()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv);
        SecretFilePlace.Replace(place.Path, "# about a\r\nexport A='1' # one\nB=2\n\nA=3");
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        await provider.SetAsync("A", "it's");
        await provider.SetAsync("C", "new\nline");
        Assert.Equal("# about a\r\nexport A='1' # one\nB=2\n\nA=\"it's\"\nC='new\nline'\n", File.ReadAllText(place.Path));
        Assert.Equal(("it's", "2", "new\nline"), (await provider.TextAsync("A"), await provider.TextAsync("B"), await provider.TextAsync("C")));
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv)]
    [InlineData(SecretFileFormat.Json)]
    [InlineData(SecretFileFormat.KeyPerFile)]
    public async Task A_file_keeps_its_mode_and_its_links_and_nothing_is_left_beside_it(SecretFileFormat format)
    {
        using var place = new SecretFilePlace(format, ("a", "1"));
        var path = format is SecretFileFormat.KeyPerFile ? Path.Combine(place.Path, "a") : place.Path;
        var target = Path.Combine(place.Directory, "target");
        File.Move(path, target);
        File.CreateSymbolicLink(path, target);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(target, Mode);
        // What a process left that was killed while it wrote.
        File.WriteAllText(Path.Combine(place.Directory, ".target.tmp-0123"), Canary);
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true, AllowOthersToRead = true });
        await provider.SetAsync("a", "2");
        await provider.SetAsync("b", "2");
        Assert.Equal((Mode, target), (File.GetUnixFileMode(target), File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName));
        Assert.Equal(("2", "2"), (await provider.TextAsync("a"), await provider.TextAsync("b")));
        var all = Directory.EnumerateFiles(place.Directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });
        Assert.DoesNotContain(all, file => file.Contains(".tmp-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_comes_over_a_link_waits_for_who_writes_what_it_leads_to()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json, ("a", "1"));
        var link = Path.Combine(Directory.CreateDirectory(Path.Combine(place.Directory, "elsewhere")).FullName, "linked.json");
        File.CreateSymbolicLink(link, place.Path);
        await using var provider = await FileProvider.OpenAsync(place.Options with { Path = link, Writable = true });
        Task writing;
        using (new FileStream(Path.Combine(place.Directory, ".secrets.json.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            var armed = place.Time.ArmedTimers;
            writing = provider.SetAsync("a", "2");
            await place.TickUntil(() => writing.IsCompleted || place.Time.ArmedTimers > armed);
            Assert.False(writing.IsCompleted);
        }
        await place.TickUntil(() => writing.IsCompleted);
        await writing;
        Assert.Equal("2", await provider.TextAsync("a"));
    }

    [Fact]
    public async Task A_new_file_may_only_be_read_by_its_owner()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile);
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        await provider.SetAsync("a", Canary);
        Assert.All(Directory.GetFiles(place.Path), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv, "a b", "x")]
    [InlineData(SecretFileFormat.Dotenv, "", "x")]
    [InlineData(SecretFileFormat.Dotenv, "a", "x\0canary-c0de")]
    [InlineData(SecretFileFormat.KeyPerFile, "../a", "x")]
    [InlineData(SecretFileFormat.KeyPerFile, ".lock", "x")]
    [InlineData(SecretFileFormat.KeyPerFile, "", "x")]
    public async Task What_a_file_cannot_carry_is_refused_and_changes_nothing(SecretFileFormat format, string key, string text)
    {
        using var place = new SecretFilePlace(format, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        var refused = await Assert.ThrowsAsync<SecretUnsupportedException>(() => provider.SetAsync(key, text));
        Assert.DoesNotContain(Canary, refused.ToString(), StringComparison.Ordinal);
        Assert.Equal("1", await provider.TextAsync("a"));
        Assert.Equal(["a"], (await provider.KeysAsync()).Keys);
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv, false)]
    [InlineData(SecretFileFormat.Json, false)]
    [InlineData(SecretFileFormat.KeyPerFile, true)]
    public async Task Bytes_that_are_no_text_go_into_a_file_of_their_own_only(SecretFileFormat format, bool goes)
    {
        using var place = new SecretFilePlace(format, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        using var bytes = SecretValue.FromBytes([0xff, 0x00, 0x0a]);
        if (goes)
        {
            await provider.SetAsync("a", bytes);
            using var read = await provider.GetAsync("a");
            Assert.Equal(bytes, read);
        }
        else
        {
            await Assert.ThrowsAsync<SecretUnsupportedException>(async () => await provider.SetAsync("a", bytes));
        }
    }

    [Fact]
    public async Task Who_writes_is_told_of_it_like_everybody()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        await using var watch = place.Watch(provider);
        await provider.SetAsync("a", "1");
        await provider.SetAsync("b", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
    }

    [Fact]
    public async Task A_write_sees_what_another_wrote_since_the_last_look()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        place.Change("b", "1");
        await provider.SetAsync("c", "1");
        Assert.Equal(["a", "b", "c"], (await provider.KeysAsync()).Keys);
    }

    [Theory]
    [InlineData(SecretFileFormat.Dotenv)]
    [InlineData(SecretFileFormat.Json)]
    [InlineData(SecretFileFormat.KeyPerFile)]
    public async Task Several_processes_that_write_one_file_lose_nothing(SecretFileFormat format)
    {
        const int Count = 15;
        using var place = new SecretFilePlace(format, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true, Time = TimeProvider.System });
        var others = new[] { "x", "y" }.Select(prefix => OtherProcess.RunSelfAsync("set", place.Path, prefix, $"{Count}")).ToList();
        for (var i = 0; i < Count; i++) await provider.SetAsync($"z{i}", $"z {i}");
        Assert.All(await Task.WhenAll(others), other => Assert.Equal(0, other.ExitCode));
        await provider.SetAsync("last", "1");
        foreach (var prefix in new[] { "x", "y", "z" })
        {
            for (var i = 0; i < Count; i++) Assert.Equal($"{prefix} {i}", await provider.TextAsync($"{prefix}{i}"));
        }
    }

    [Fact]
    public async Task A_lock_that_another_keeps_is_an_outage_after_a_while()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        using (new FileStream(Path.Combine(place.Directory, ".secrets.env.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            var setting = provider.SetAsync("a", "2");
            await place.TickUntil(() => setting.IsCompleted);
            await Assert.ThrowsAsync<SecretUnavailableException>(() => setting);
        }
        Assert.Equal("1", await provider.TextAsync("a"));
        await provider.SetAsync("a", "3");
        Assert.Equal("3", await provider.TextAsync("a"));
    }

    [Fact]
    public async Task A_directory_that_is_gone_cannot_be_written_to()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        Directory.Delete(place.Path, recursive: true);
        await Assert.ThrowsAsync<SecretUnavailableException>(() => provider.SetAsync("a", "2"));
        Assert.Equal("1", await provider.TextAsync("a"));
    }
}
