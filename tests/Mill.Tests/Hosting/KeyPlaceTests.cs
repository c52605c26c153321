using Mill.Hosting;
using Mill.Secrets;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Hosting;

public sealed class KeyPlaceTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string Data => _directory.File("data");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("data/master.key", true)]
    [InlineData("data", true)]
    [InlineData("data/.config/mill/master.key", true)]
    [InlineData("data/../data//master.key", true)]
    [InlineData("data/../master.key", false)]
    [InlineData("data-2/master.key", false)]
    [InlineData("dat", false)]
    [InlineData("master.key", false)]
    public void A_key_is_with_the_data_or_it_is_not(string file, bool inside) => Require(inside, _directory.File(file), Data);

    [Theory]
    [InlineData("link/master.key", true)]
    [InlineData("link/new/master.key", true)]
    [InlineData("to-key", true)]
    [InlineData("outside/to-key", true)]
    [InlineData("data/away/master.key", false)]
    [InlineData("loop/master.key", false)]
    public void Links_are_followed(string file, bool inside)
    {
        Directory.CreateDirectory(Data);
        Directory.CreateDirectory(_directory.File("outside"));
        File.CreateSymbolicLink(_directory.File("link"), "data");
        File.CreateSymbolicLink(_directory.File("to-key"), Path.Combine(Data, "master.key"));
        File.CreateSymbolicLink(_directory.File("outside/to-key"), "../link/master.key");
        File.CreateSymbolicLink(Path.Combine(Data, "away"), "../outside");
        File.CreateSymbolicLink(_directory.File("loop"), "loop/loop");
        Require(inside, _directory.File(file), Data);
        Require(inside, _directory.File(file), _directory.File("link"));
    }

    private static void Require(bool inside, string file, string data)
    {
        Assert.Equal(inside, KeyPlace.IsInside(file, data));
        if (!inside)
        {
            KeyPlace.RequireApart(file, data);
            return;
        }
        var refusal = Assert.Throws<MillException>(() => KeyPlace.RequireApart(file, data));
        Assert.Equal(MillError.Usage, refusal.Error);
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--master-key-file", refusal.Hint, StringComparison.Ordinal);
    }
}
