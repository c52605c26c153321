using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Secrets;

public sealed class SecretValueTests
{
    private const string Canary = "canary-7f3a";

    [Fact]
    public void Bytes_come_back_as_they_were_given()
    {
        using var text = SecretValue.FromText("Zoë €");
        using var bytes = SecretValue.FromBytes("Zoë €"u8);
        using var empty = SecretValue.FromBytes([]);
        Assert.Equal("Zoë €", text.Reveal(System.Text.Encoding.UTF8.GetString));
        Assert.Equal((8, 8, 0), (text.Length, bytes.Length, empty.Length));
        Assert.Equal(text, bytes);
        Assert.NotEqual(text, empty);
        Assert.Equal(text.GetHashCode(), bytes.GetHashCode());
        Assert.False(text.Equals(null));
        Assert.False(text.Equals("Zoë €"));
    }

    [Fact]
    public unsafe void Nothing_is_left_in_memory_after_dispose()
    {
        var value = SecretValue.FromText(Canary);
        var address = value.Reveal(bytes => (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in bytes[0])));
        Assert.Equal((byte)'c', *(byte*)address);
        value.Dispose();
        var left = new ReadOnlySpan<byte>((void*)address, Canary.Length).ToArray();
        Assert.DoesNotContain("canary", System.Text.Encoding.UTF8.GetString(left), StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => value.Reveal(bytes => bytes.Length));
        value.Dispose();
    }

    [Fact]
    public unsafe void A_value_that_nobody_disposed_is_cleared_by_the_collector()
    {
        var address = Forget();
        for (var i = 0; i < 10 && new ReadOnlySpan<byte>((void*)address, Canary.Length).SequenceEqual("canary-7f3a"u8); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.False(new ReadOnlySpan<byte>((void*)address, Canary.Length).SequenceEqual("canary-7f3a"u8));
    }

    [Fact]
    public unsafe void What_was_used_before_and_is_then_dropped_is_cleared_too()
    {
        const int Several = 10; // so that some come from what all threads share
        var used = Enumerable.Range(0, Several).Select(_ => SecretValue.FromText(Canary)).ToList();
        used.ForEach(value => value.Dispose());
        GC.Collect(); // what is kept for the next is old by then
        var addresses = Enumerable.Range(0, Several).Select(_ => Forget()).ToList();
        for (var i = 0; i < 10 && addresses.Exists(IsThere); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.DoesNotContain(addresses, IsThere);

        static bool IsThere(nint address) => new ReadOnlySpan<byte>((void*)address, Canary.Length).SequenceEqual("canary-7f3a"u8);
    }

    [Fact]
    public void A_value_costs_one_small_object_and_is_not_registered_with_the_collector()
    {
        const int Rounds = 1000;
        SecretValue.FromBytes("canary-7f3a"u8).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++) SecretValue.FromBytes("canary-7f3a"u8).Dispose();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, Rounds, Rounds * 32);
        Assert.Null(typeof(SecretValue).GetMethod("Finalize", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
    }

    [Fact]
    public void Nobody_gets_the_memory_of_a_value_that_somebody_has()
    {
        Parallel.For(0, 8, worker =>
        {
            var own = Enumerable.Range(0, 200).Select(i => (Text: $"{worker}/{i}{new string('x', i)}", Value: SecretValue.FromText($"{worker}/{i}{new string('x', i)}"))).ToList();
            foreach (var (_, value) in own.Where((_, i) => i % 3 == 0))
            {
                value.Dispose();
                value.Dispose(); // gives nothing back that is another's by now
            }
            foreach (var (text, value) in own.Where((_, i) => i % 3 != 0)) Assert.Equal(text, value.Reveal(System.Text.Encoding.UTF8.GetString));
            foreach (var (_, value) in own) value.Dispose();
        });
    }

    [Fact]
    public void The_collector_never_clears_what_is_being_read()
    {
        // Often enough for the compiler to optimize: only then may it forget a value that is still being read.
        for (var i = 0; i < 200; i++) ReadWhileCollecting(collect: false);
        Assert.Equal(Canary, ReadWhileCollecting(collect: true));
    }

    [Fact]
    public void It_never_becomes_text()
    {
        using var value = SecretValue.FromText(Canary);
#pragma warning disable MILL0001, MILL0002 // what becomes of those who do
        Assert.Equal("[secret]", value.ToString());
        Assert.Equal("[secret]", $"{value}");
#pragma warning restore MILL0001, MILL0002
    }

    [Fact]
    public void It_refuses_to_be_serialized_unless_a_property_says_how()
    {
        using var value = SecretValue.FromText(Canary);
        foreach (var holder in new object[] { value, new { Inner = value }, new[] { value } })
            Assert.DoesNotContain(Canary, Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(holder)).ToString(), StringComparison.Ordinal);
        foreach (var text in new[] { "{}", "\"canary-7f3a\"", "1" })
            Assert.DoesNotContain(Canary, Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<SecretValue>(text)).ToString(), StringComparison.Ordinal);
        Assert.Equal("null", JsonSerializer.Serialize<SecretValue?>(null));
    }

    [Fact]
    public void A_fill_that_fails_leaves_nothing_behind() =>
        Assert.Throws<InvalidOperationException>(() => SecretValue.Create(10, 0, static (_, _) => throw new InvalidOperationException()));

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((1 << 20) + 1, (1 << 20) + 1)]
    public void A_buffer_is_large_enough_and_comes_back_cleared(int length, int size)
    {
        var buffer = PinnedBuffers.Rent(length);
        Assert.Equal(size, buffer.Length);
        buffer.AsSpan().Fill(1);
        PinnedBuffers.Return(buffer);
        Assert.True(buffer.All(b => b == 0));
    }

    [Fact]
    public void Nobody_gets_a_buffer_that_somebody_has()
    {
        var held = Enumerable.Range(0, 5).Select(_ => PinnedBuffers.Rent(64)).ToList();
        foreach (var buffer in held) PinnedBuffers.Return(buffer);
        held = [.. Enumerable.Range(0, 10).Select(_ => PinnedBuffers.Rent(64))];
        Assert.Equal(10, held.ToHashSet<object>(ReferenceEqualityComparer.Instance).Count);
        foreach (var buffer in held) PinnedBuffers.Return(buffer);
    }

    [Fact]
    public void A_writer_clears_what_it_outgrows_and_what_it_leaves()
    {
        var writer = new PinnedWriter(64);
        var first = writer.GetMemory(1);
        "canary"u8.CopyTo(first.Span);
        writer.Advance(6);
        var larger = writer.GetMemory(4096);
        Assert.Equal("canary"u8.ToArray(), writer.WrittenSpan.ToArray());
        Assert.False(first.Span.StartsWith("canary"u8));
        "more"u8.CopyTo(larger.Span);
        writer.Advance(4);
        var written = writer.WrittenMemory;
        Assert.Equal("canarymore"u8.ToArray(), written.ToArray());
        writer.Dispose();
        Assert.False(written.Span.StartsWith("canary"u8));
        Assert.Equal(0, writer.WrittenCount);
        writer.Dispose();
    }

    [Fact]
    public void A_writer_refuses_to_advance_past_its_end()
    {
        using var writer = new PinnedWriter(64);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(65));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
    }

#pragma warning disable MILL0003 // what the collector does with them is what is tested
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe nint Forget() => SecretValue.FromText(Canary).Reveal(bytes => (nint)Unsafe.AsPointer(ref Unsafe.AsRef(in bytes[0])));

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string ReadWhileCollecting(bool collect) => SecretValue.FromText(Canary).Reveal(bytes =>
    {
        if (collect)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return System.Text.Encoding.UTF8.GetString(bytes);
    });
#pragma warning restore MILL0003
}
