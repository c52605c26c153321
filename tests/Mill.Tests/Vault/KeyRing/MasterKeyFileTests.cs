using Mill.Secrets;
using Mill.Tests.State;
using Mill.Vault.KeyRing;
using Xunit;

namespace Mill.Tests.Vault.KeyRing;

public sealed class MasterKeyFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TestDirectory _directory = new();

    private string FilePath => _directory.File("master.key");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_key_is_for_its_owner_only_and_reads_back_the_same()
    {
        MasterKeyFile.Create(FilePath);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(FilePath));
        Assert.Equal(["master.key"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName));
        using var first = MasterKeyFile.Read(FilePath)!;
        using var second = MasterKeyFile.Read(FilePath)!;
        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public void A_directory_that_is_missing_is_made_for_the_owner_only()
    {
        var path = _directory.File("new/deep/master.key");
        MasterKeyFile.Create(path);
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void A_key_that_is_there_is_never_overwritten()
    {
        MasterKeyFile.Create(FilePath);
        var before = File.ReadAllText(FilePath);
        Assert.ThrowsAny<IOException>(() => MasterKeyFile.Create(FilePath));
        Assert.Equal(before, File.ReadAllText(FilePath));
        Assert.Single(Directory.GetFiles(_directory.Path));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    public void A_key_that_others_can_reach_is_refused_with_the_remedy(UnixFileMode others)
    {
        MasterKeyFile.Create(FilePath);
        File.SetUnixFileMode(FilePath, OwnerOnly | others);
        Assert.Equal($"chmod 600 {FilePath}", RequireInvalid().Hint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("canary")]
    [InlineData("Y2FuYXJ5")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_AAA=")]
    public void What_is_no_key_is_refused_and_not_quoted(string text)
    {
        Write(text);
        var refused = RequireInvalid();
        Assert.True(text.Trim().Length == 0 || !refused.ToString().Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_far_too_long_is_refused()
    {
        Write(new string('A', 1_000_000));
        RequireInvalid();
    }

    [Fact]
    public void White_space_around_a_key_does_not_matter()
    {
        Write($" \t{Sealing.KeyText()}\r\n\n");
        using var key = MasterKeyFile.Read(FilePath)!;
        using var same = Sealing.Key();
        Assert.Equal(same.Id, key.Id);
    }

    [Fact]
    public void No_file_is_no_key_and_no_failure()
    {
        Assert.Null(MasterKeyFile.Read(FilePath));
        Assert.Null(MasterKeyFile.Read(_directory.File("no/such/directory")));
    }

    [Fact]
    public void A_directory_in_its_place_is_refused()
    {
        Directory.CreateDirectory(FilePath);
        RequireInvalid();
    }

    private void Write(string text)
    {
        File.WriteAllText(FilePath, text);
        File.SetUnixFileMode(FilePath, OwnerOnly);
    }

    private MillException RequireInvalid()
    {
        var refused = Assert.Throws<MillException>(() => MasterKeyFile.Read(FilePath));
        Assert.Equal(MillError.InvalidMasterKey, refused.Error);
        return refused;
    }
}
