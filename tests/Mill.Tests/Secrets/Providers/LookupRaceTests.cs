using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Secrets.Providers;

/// <summary>Lookups wait for nobody, and never get the bytes of another secret.</summary>
public sealed class LookupRaceTests
{
    [Fact]
    public async Task A_value_that_is_replaced_while_it_is_copied_is_never_mixed_with_another()
    {
        await using var provider = new MemoryProvider(seed: Seeds.Of([("a", new string('a', 60)), ("b", new string('b', 60))]));
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            // The memory of the one is given to the other all the time.
            for (var i = 0; i < 50_000; i++) await provider.SetAsync(i % 2 is 0 ? "a" : "b", new string(i % 2 is 0 ? 'a' : 'b', 60));
            await stop.CancelAsync();
        });
        await Task.WhenAll(Enumerable.Range(0, 2).Select(reader => Task.Run(async () =>
        {
            var key = reader is 0 ? "a" : "b";
            while (!stop.IsCancellationRequested)
            {
                using var value = (await provider.TryGetAsync(key)).Value;
                Assert.True(value!.Reveal(bytes => !bytes.ContainsAnyExcept((byte)key[0])));
            }
        })));
        await writing;
    }
}
