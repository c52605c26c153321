using System.Buffers;
using System.Text;
using Mill.Secrets;
using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

public sealed class RedactionSetTests : IDisposable
{
    private readonly RedactionSet _values = new();

    public void Dispose() => _values.Dispose();

    [Fact]
    public void A_value_is_masked_as_soon_as_it_is_set()
    {
        Assert.Equal("value-one", _values.Redact("value-one"));
        Set("a", "value-one");
        Assert.Equal("[REDACTED] value-two", _values.Redact("value-one value-two"));
        Set("b", "value-two");
        Assert.Equal("[REDACTED] [REDACTED]", _values.Redact("value-one value-two"));
        Assert.True(_values.Contains("value-two"u8));
        var output = new ArrayBufferWriter<byte>();
        _values.Redact("value-two."u8, output);
        Assert.Equal("[REDACTED]."u8.ToArray(), output.WrittenSpan.ToArray());
    }

    [Fact]
    public void The_last_values_of_a_name_stay_masked()
    {
        foreach (var number in Enumerable.Range(1, 4)) Set("a", $"value-{number}");
        Assert.Equal("value-1 [REDACTED] [REDACTED] [REDACTED]", _values.Redact("value-1 value-2 value-3 value-4"));
    }

    [Fact]
    public void A_value_that_is_set_again_is_the_last_to_go()
    {
        foreach (var number in new[] { 1, 2, 3, 1, 1, 4 }) Set("a", $"value-{number}");
        Assert.Equal("[REDACTED] value-2 [REDACTED] [REDACTED]", _values.Redact("value-1 value-2 value-3 value-4"));
    }

    [Fact]
    public void A_value_of_a_name_that_was_removed_stays_masked_until_it_is_forgotten()
    {
        Set("a", "value-one");
        _values.Remove("a");
        Assert.Equal("[REDACTED]", _values.Redact("value-one"));
        _values.Forget("a");
        Assert.Equal("value-one", _values.Redact("value-one"));
        _values.Forget("a");
        _values.Remove("a");
    }

    [Fact]
    public void A_value_that_another_name_has_too_stays_masked()
    {
        Set("a", "value-one");
        Set("b", "value-one");
        _values.Forget("a");
        Assert.Equal("[REDACTED]", _values.Redact("value-one"));
    }

    [Fact]
    public void Of_removed_names_the_first_are_forgotten()
    {
        for (var number = 0; number <= RedactionSet.KeptRemoved + 1; number++) Set($"name-{number}", $"value-{number:d3}");
        for (var number = 0; number <= RedactionSet.KeptRemoved + 1; number++)
        {
            _values.Remove($"name-{number}");
            if (number is 0) Set("name-0", "value-000");
        }
        Assert.Equal("[REDACTED] value-001 [REDACTED] [REDACTED]", _values.Redact("value-000 value-001 value-002 value-101"));
    }

    [Fact]
    public void It_keeps_copies()
    {
        var value = SecretValue.FromText("value-one");
        _values.Set("a", value);
        value.Dispose();
        Assert.Equal("[REDACTED]", _values.Redact("value-one"));
    }

    [Fact]
    public void Only_the_first_line_after_a_change_builds_anything()
    {
        foreach (var number in Enumerable.Range(1, 20)) Set($"name-{number}", $"value-{number}");
        const string Line = "a line without any of them";
        Assert.Same(Line, _values.Redact(Line));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var line = 0; line < 1000; line++) _values.Redact(Line);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 999); // less than a byte for each
    }

    [Fact]
    public void Once_disposed_it_gives_nothing_through()
    {
        Set("a", "value-one");
        Assert.Equal("harmless", _values.Redact("harmless"));
        _values.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _values.Redact("harmless"));
        Assert.Throws<ObjectDisposedException>(() => Set("b", "value-two"));
    }

    [Fact]
    public async Task However_many_read_and_write_no_value_that_was_set_gets_through()
    {
        var (known, rounds) = (0, 150);
        Set("name-0", Value(0));
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int last; (last = Volatile.Read(ref known)) < rounds;) Assert.Equal($"[REDACTED] after {last}", _values.Redact($"{Value(last)} after {last}"));
        })).ToArray();
        for (var round = 1; round <= rounds; round++)
        {
            Set($"name-{round}", Value(round));
            Volatile.Write(ref known, round);
        }
        await Task.WhenAll(readers);
    }

    private static string Value(int round) => $"value-{round:d4}";

    private void Set(string name, string text)
    {
        using var value = SecretValue.FromBytes(Encoding.UTF8.GetBytes(text));
        _values.Set(name, value);
    }
}
