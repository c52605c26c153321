using System.Text;
using Mill.Core.Ports;
using Mill.State.Embedded;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.State;

/// <summary>The engine and the fake answer the same to the same random operations, with restarts and crashes in between.</summary>
public sealed class EmbeddedAgainstFakeTests
{
    private static CancellationToken None => CancellationToken.None;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task The_engine_and_the_fake_agree(int seed)
    {
        var random = new Random(seed);
        using var directory = new TestDirectory();
        await using var fake = new InMemoryStateStore();
        var options = new EmbeddedOptions { CheckpointPages = 30 };
        var store = EmbeddedStateStore.Open(directory.Path, options);
        for (var step = 0; step < 300; step++)
        {
            var transaction = ATransaction(random, (await fake.ReadAsync("", None)).Entries);
            Assert.Equal(await fake.CommitAsync(transaction, None), await store.CommitAsync(transaction, None));
            if (random.Next(10) == 0)
                await RequireSame(fake, store, random.Next(2) == 0 ? "" : $"{random.Next(10)}");
            if (random.Next(40) == 0)
            {
                using var crashed = directory.Copy();
                await using (var other = EmbeddedStateStore.Open(crashed.Path, options))
                    await RequireSame(fake, other, "");
                await store.DisposeAsync();
                store = EmbeddedStateStore.Open(directory.Path, options);
            }
        }

        await RequireSame(fake, store, "");
        await store.DisposeAsync();
    }

    private static StoreTransaction ATransaction(Random random, IReadOnlyList<StoreEntry> entries)
    {
        var writes = Enumerable.Range(0, random.Next(12))
            .Select(_ => $"{random.Next(10)}/{random.Next(30)}")
            .Distinct()
            .Select(key => new StoreWrite(key, random.Next(4) == 0 ? null : Encoding.UTF8.GetBytes(new string('v', random.Next(8) == 0 ? random.Next(20_000) : random.Next(1_200)))))
            .ToArray();
        var conditions = Enumerable.Range(0, random.Next(3)).Select(_ => ACondition(random, entries)).ToArray();
        return new StoreTransaction(conditions, writes) { Scrub = random.Next(30) == 0 };
    }

    private static StorePrecondition ACondition(Random random, IReadOnlyList<StoreEntry> entries)
    {
        if (entries.Count == 0 || random.Next(3) == 0)
            return new($"{random.Next(10)}/{random.Next(30)}", 0); // may or may not be there
        var entry = entries[random.Next(entries.Count)];
        return new(entry.Key, random.Next(5) == 0 ? entry.Revision + 1 : entry.Revision);
    }

    private static async Task RequireSame(InMemoryStateStore fake, EmbeddedStateStore store, string prefix)
    {
        var expected = await fake.ReadAsync(prefix, None);
        var found = await store.ReadAsync(prefix, None);
        Assert.Equal(expected.Revision, found.Revision);
        Assert.Equal(expected.Entries.Select(Text), found.Entries.Select(Text));
    }

    private static string Text(StoreEntry entry) => $"{entry.Key}@{entry.Revision}={Encoding.UTF8.GetString(entry.Value.Span)}";
}
