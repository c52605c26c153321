using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>What a file provider makes of changes to what it reads.</summary>
public sealed class FileFollowingTests
{
    private const string Canary = "canary-c0de";

    [Theory]
    [InlineData(SecretFileFormat.Dotenv)]
    [InlineData(SecretFileFormat.Json)]
    [InlineData(SecretFileFormat.KeyPerFile)]
    public async Task Only_values_that_differ_are_told_of(SecretFileFormat format)
    {
        using var place = new SecretFilePlace(format, ("a", "1"), ("b", "1"), ("c", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        await using var watch = place.Watch(provider);
        place.Change("a", "1");
        place.Change("b", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "b"));
        place.Change("c", null);
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Removed, "c"));
        place.Change("d", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "d"));
    }

    [Fact]
    public async Task What_changed_together_is_told_together()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json, ("user", "1"), ("password", "1"), ("old", "1"), ("same", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        await using var watch = place.Watch(provider);
        SecretFilePlace.Replace(place.Path, """{"user":"2","password":"2","new":"1","same":"1"}""");
        await watch.ExpectAsync(new(SecretChangeKind.Added, "new"), new(SecretChangeKind.Rotated, "password", "user"), new(SecretChangeKind.Removed, "old"));
    }

    [Fact]
    public async Task The_system_tells_of_a_rename_before_the_next_look()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, place.Path);
        await using var provider = await FileProvider.OpenAsync(place.Options with { Path = relative, UsesFileSystemEvents = true, SettleTime = TimeSpan.Zero, PollInterval = TimeSpan.FromDays(1) });
        await using var watch = new ChangeReader(provider, () => place.Time.Advance(TimeSpan.Zero));
        place.Change("a", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
        place.Change("a", "3");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exchanged_link_as_kubernetes_has_it_is_followed(bool isDirectory)
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile);
        var mount = new KubernetesMount(place.Path, ("user.json", """{"a":"1"}"""), ("token", "old!"));
        var path = isDirectory ? place.Path : Path.Combine(place.Path, "user.json");
        await using var provider = await FileProvider.OpenAsync(place.Options with { Path = path, Format = SecretFileFormat.ByPath, AllowOthersToRead = true });
        var key = isDirectory ? "token" : "a";
        await using var watch = place.Watch(provider);
        mount.Exchange(("user.json", """{"a":"2"}"""), ("token", "new!"));
        await watch.ExpectAsync(isDirectory ? new SecretChange(SecretChangeKind.Rotated, "token", "user.json") : new SecretChange(SecretChangeKind.Rotated, key));
        Assert.Equal(isDirectory ? "new!" : "2", await provider.TextAsync(key));
        mount.Exchange(("user.json", """{"a":"3"}"""));
        await watch.ExpectAsync(isDirectory ? new SecretChange(SecretChangeKind.Rotated, "user.json") : new SecretChange(SecretChangeKind.Rotated, key));
        if (isDirectory) await watch.ExpectAsync(new SecretChange(SecretChangeKind.Removed, "token"));
    }

    [Fact]
    public async Task A_file_of_the_same_length_and_time_is_found_out()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        var written = File.GetLastWriteTimeUtc(place.Path);
        await using var provider = await FileProvider.OpenAsync(place.Options);
        await using var watch = place.Watch(provider);
        var other = Path.Combine(place.Directory, "other.env");
        SecretFilePlace.Replace(other, "# secrets\n" + SecretFilePlace.DotEnvLine("a", "2"));
        File.SetLastWriteTimeUtc(other, written);
        File.Move(other, place.Path, overwrite: true);
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
    }

    [Theory]
    [InlineData(SecretFileFormat.Json, """{"a":"canary-c0de""")]
    [InlineData(SecretFileFormat.Json, "")]
    [InlineData(SecretFileFormat.Dotenv, "a='canary-c0de\nmore")]
    [InlineData(SecretFileFormat.Dotenv, "")]
    public async Task A_half_written_file_changes_nothing_and_says_so_once(SecretFileFormat format, string half)
    {
        using var place = new SecretFilePlace(format, ("a", "1"), ("b", "1"));
        var told = new List<SecretProviderException?>();
        await using var provider = await FileProvider.OpenAsync(place.Options with { ErrorChanged = told.Add });
        await using var watch = place.Watch(provider);
        File.WriteAllText(place.Path, half);
        await place.TickUntil(() => provider.LastError is not null);
        Assert.Equal(("1", "1"), (await provider.TextAsync("a"), await provider.TextAsync("b")));
        Assert.Equal([provider.LastError!], (await provider.KeysAsync()).Errors);
        Assert.Equal(["a", "b"], (await provider.KeysAsync()).Keys);
        for (var i = 0; i < 30; i++) place.Tick();
        place.Change("a", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
        Assert.Null(provider.LastError);
        await place.TickUntil(() => told.Count >= 2);
        Assert.Equal([true, false], told.Select(error => error is not null));
        Assert.DoesNotContain(Canary, told[0]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_being_exchanged_takes_no_secret_away()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("a", "1"), ("b", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        await using var watch = place.Watch(provider);
        Directory.Move(place.Path, place.Path + ".old");
        Directory.CreateDirectory(place.Path);
        await place.TickUntil(() => provider.LastError is not null);
        for (var i = 0; i < 30; i++) place.Tick();
        Assert.Equal(("1", "1"), (await provider.TextAsync("a"), await provider.TextAsync("b")));
        place.Change("b", "1");
        place.Change("a", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
        Assert.Null(provider.LastError);
    }

    [Fact]
    public async Task A_file_of_a_directory_that_was_emptied_is_believed_at_the_second_look()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("a", "1"), ("empty", ""));
        var told = new List<SecretProviderException?>();
        await using var provider = await FileProvider.OpenAsync(place.Options with { ErrorChanged = told.Add });
        await using var watch = place.Watch(provider);
        File.WriteAllText(Path.Combine(place.Path, "a"), "");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
        Assert.Equal("", await provider.TextAsync("a"));
        await place.TickUntil(() => told.Count >= 2);
        Assert.Equal([true, false], told.Select(error => error is not null));
        Assert.Contains("a is empty", told[0]!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_empty_in_the_middle_of_a_write_is_not_believed_for_being_looked_at_twice_in_a_hurry()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        File.WriteAllText(Path.Combine(place.Path, "a"), "");
        for (var i = 0; i < 5; i++) await Assert.ThrowsAsync<SecretConfigurationException>(async () => await provider.RefreshAsync("a"));
        Assert.Equal("1", await provider.TextAsync("a"));
        place.Time.Advance(place.Options.PollInterval);
        await provider.RefreshAsync("a");
        Assert.Equal("", await provider.TextAsync("a"));
    }

    [Fact]
    public async Task A_file_that_was_emptied_is_not_doubted_for_longer_because_looks_are_rare()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("a", "1"), ("b", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { PollInterval = TimeSpan.FromHours(1) });
        File.WriteAllText(Path.Combine(place.Path, "a"), "");
        place.Change("b", "2");
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await provider.RefreshAsync("b"));
        place.Time.Advance(TimeSpan.FromSeconds(2));
        await provider.RefreshAsync("b");
        Assert.Equal(("", "2"), (await provider.TextAsync("a"), await provider.TextAsync("b")));
    }

    [Fact]
    public async Task A_provider_that_empties_a_secret_itself_has_no_doubt()
    {
        using var place = new SecretFilePlace(SecretFileFormat.KeyPerFile, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { Writable = true });
        await provider.SetAsync("a", "");
        Assert.Equal(("", null), (await provider.TextAsync("a"), provider.LastError));
    }

    [Fact]
    public async Task A_listener_that_throws_does_not_end_the_watch()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { ErrorChanged = _ => throw new InvalidOperationException() });
        await using var watch = place.Watch(provider);
        File.WriteAllText(place.Path, "{");
        await place.TickUntil(() => provider.LastError is not null);
        place.Change("a", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_left_alone_until_it_stands_still()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { SettleTime = TimeSpan.FromSeconds(1), PollInterval = TimeSpan.FromSeconds(2) });
        await using var watch = place.Watch(provider);
        var armed = place.Time.ArmedTimers;
        using (var file = new StreamWriter(place.Path) { AutoFlush = true })
        {
            file.Write("b=2\n");
            place.Time.Advance(TimeSpan.FromSeconds(2));
            await ChangeReader.TickUntil(() => place.Time.ArmedTimers > armed, () => { });
            for (var i = 0; i < 3; i++)
            {
                file.Write($"c{i}=2\n");
                Assert.Equal(("1", null), (await provider.TextAsync("a"), await provider.TextAsync("b")));
                await LookAgainAsync(place, armed);
            }
            file.Write("a=1\n");
        }
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b", "c0", "c1", "c2"));
    }

    [Theory]
    [InlineData(SecretFileFormat.Json, false)]
    [InlineData(SecretFileFormat.KeyPerFile, false)]
    [InlineData(SecretFileFormat.Dotenv, true)]
    [InlineData(SecretFileFormat.KeyPerFile, true)]
    public async Task A_deleted_directory_leaves_what_was_there_and_is_taken_up_again(SecretFileFormat format, bool withEvents)
    {
        using var place = new SecretFilePlace(format, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options with { UsesFileSystemEvents = withEvents });
        await using var watch = place.Watch(provider);
        for (var round = 2; round < 4; round++)
        {
            Directory.Delete(place.Directory, recursive: true);
            await place.TickUntil(() => provider.LastError is not null);
            Assert.Contains("is not there", provider.LastError!.Message, StringComparison.Ordinal);
            Assert.Equal($"{round - 1}", await provider.TextAsync("a"));
            Directory.CreateDirectory(format is SecretFileFormat.KeyPerFile ? place.Path : place.Directory);
            place.Change("a", $"{round}");
            await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
            Assert.Null(provider.LastError);
        }
    }

    [Fact]
    public async Task A_file_that_becomes_readable_for_others_is_not_read_again()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        await using var provider = await FileProvider.OpenAsync(place.Options);
        SecretFilePlace.Replace(place.Path, "a=2\n", UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await place.TickUntil(() => provider.LastError is SecretConfigurationException);
        Assert.Equal("1", await provider.TextAsync("a"));
        File.SetUnixFileMode(place.Path, UnixFileMode.UserRead);
        await place.TickUntil(() => provider.LastError is null);
        Assert.Equal("2", await provider.TextAsync("a"));
    }

    [Fact]
    public async Task Dispose_leaves_nothing_running()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("a", "1"));
        var provider = await FileProvider.OpenAsync(place.Options with { UsesFileSystemEvents = true });
        Assert.Equal(1, place.Time.ArmedTimers);
        await provider.DisposeAsync();
        Assert.Equal(0, place.Time.ArmedTimers);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await provider.TryGetAsync("a"));
    }

    [Fact]
    public async Task A_first_load_that_fails_leaves_nothing_running()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Json);
        SecretFilePlace.Replace(place.Path, "{");
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await FileProvider.OpenAsync(place.Options));
        Assert.Equal(0, place.Time.ArmedTimers);
    }

    /// <summary>Lets the time pass that the file must stand still for, and waits until it was looked at again.</summary>
    private static async Task LookAgainAsync(SecretFilePlace place, int armed)
    {
        place.Time.Advance(TimeSpan.FromSeconds(1));
        await ChangeReader.TickUntil(() => place.Time.ArmedTimers > armed, () => { });
    }
}
