using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Vault;
using Mill.Vault.Envelopes;
using Xunit;

namespace Mill.Tests.Vault.Envelopes;

public sealed class OpenedKeysTests
{
    private const int Capacity = 2 << 17;

    private readonly OpenedKeys _keys = new();

    [Fact]
    public void A_key_belongs_to_one_record_and_not_to_one_that_equals_it()
    {
        var record = Samples.Version(1, 10);
        _keys.Keep(record, Key(1));
        Assert.Equal(1, Find(record));
        Assert.Null(Find(record with { }));
    }

    [Fact]
    public void The_key_of_a_large_record_is_not_kept_because_the_record_would_be_too()
    {
        var (small, large) = (Samples.Version(1, 10) with { Ciphertext = new byte[4096] }, Samples.Version(1, 10) with { Ciphertext = new byte[4097] });
        _keys.Keep(small, Key(1));
        _keys.Keep(large, Key(2));
        Assert.Equal((1, null), (Find(small), Find(large)));
    }

    [Fact]
    public void A_key_that_nobody_asks_for_is_forgotten_when_it_has_aged_twice()
    {
        var (asked, forgotten) = (Samples.Version(1, 10), Samples.Version(2, 20));
        _keys.Keep(asked, Key(1));
        _keys.Keep(forgotten, Key(2));
        _keys.Age();
        Assert.Equal(1, Find(asked));
        _keys.Age();
        Assert.Null(Find(forgotten));
        Assert.Equal(1, Find(asked));
    }

    [Fact]
    public async Task Time_makes_them_age()
    {
        var time = new ManualTime();
        using var cancel = new CancellationTokenSource();
        var running = _keys.RunAsync(time, cancel.Token);
        _keys.Keep(Samples.Version(1, 10), Key(1));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_keys.Count > 0)
        {
            time.Advance(OpenedKeys.MaxAge);
            await Task.Yield();
            limit.Token.ThrowIfCancellationRequested();
        }
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Memory_is_bounded_and_the_oldest_go_first()
    {
        var records = Enumerable.Range(0, Capacity + 1).Select(_ => Samples.Version(1, 10)).ToArray();
        for (var number = 0; number < records.Length; number++) _keys.Keep(records[number], Key(number));
        Assert.Null(Find(records[0]));
        Assert.Equal(Capacity, Find(records[Capacity]));
        Assert.Equal(Capacity / 2, Find(records[Capacity / 2]));
    }

    [Fact]
    public async Task Many_threads_never_see_the_key_of_another_record()
    {
        var records = Enumerable.Range(0, 3000).Select(_ => Samples.Version(1, 10)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var step = 0; step < 20_000; step++)
            {
                var number = random.Next(records.Length);
                if (Find(records[number]) is { } found) Assert.Equal(number, found);
                else _keys.Keep(records[number], Key(number));
                if (step % 1000 == 999) _keys.Clear();
            }
        })));
    }

    [Fact]
    public async Task A_value_is_read_with_the_key_at_hand_and_a_destroyed_one_leaves_none()
    {
        await using var vault = await TestVault.OpenAsync();
        var secrets = new SecretsVault(vault.State, vault.Store, vault.Ring);
        await vault.SetAsync("a", "1");
        var record = (await vault.StateAsync()).Find(new(TenantId.Default, SecretName.Parse("a")))!.Current!;
        Assert.False(vault.Ring.Opened.TryCopy(record, new byte[32]));
        for (var time = 0; time < 2; time++)
        {
            using var reading = (await secrets.ReadAsync(TestVault.Operator, new(record.Name), default)).Answer;
            Assert.True(reading.Value.Reveal(bytes => bytes.SequenceEqual("1"u8)));
            Assert.True(vault.Ring.Opened.TryCopy(record, new byte[32]));
        }
        await secrets.DestroyAsync(TestVault.Operator, new(record.Name, [1]), new("r"), default);
        Assert.False(vault.Ring.Opened.TryCopy(record, new byte[32]));
    }

    [Fact]
    public async Task A_ciphertext_that_was_altered_is_refused_with_the_key_at_hand_too()
    {
        await using var vault = await TestVault.OpenAsync();
        var unsealed = vault.Ring.Demand(await vault.StateAsync());
        await vault.SetAsync("a", "1");
        var record = (await vault.StateAsync()).Find(new(TenantId.Default, SecretName.Parse("a")))!.Current!;
        EnvelopeSealer.Open(unsealed, record).Dispose();
        Assert.True(vault.Ring.Opened.TryCopy(record, new byte[32]));
        MemoryMarshal.AsMemory(record.Ciphertext).Span[0] ^= 1;
        Assert.Equal(MillError.RecordRejected, Assert.Throws<MillException>(() => EnvelopeSealer.Open(unsealed, record)).Error);
    }

    private static byte[] Key(int number)
    {
        var key = new byte[32];
        for (var at = 0; at < key.Length; at += 4) BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(at), number);
        return key;
    }

    private int? Find(SecretVersion record)
    {
        var key = new byte[32];
        if (!_keys.TryCopy(record, key)) return null;
        var number = BinaryPrimitives.ReadInt32LittleEndian(key);
        Assert.Equal(Key(number), key);
        return number;
    }
}
