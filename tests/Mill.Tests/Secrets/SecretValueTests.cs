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
        Assert.Equal("[secret]", value.ToString());
        Assert.Equal("[secret]", $"{value}");
        Assert.DoesNotContain(Canary, JsonSerializer.Serialize(value), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Canary)), JsonSerializer.Serialize(value), StringComparison.Ordinal);
        Assert.ThrowsAny<NotSupportedException>(() => JsonSerializer.Deserialize<SecretValue>("{}"));
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
}
