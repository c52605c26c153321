using System.Text;
using Mill.Secrets;
using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

public sealed class RedactingStreamTests : IDisposable
{
    private readonly SecretRedactor _redactor = Redactors.Of("password", "password-and-more", "Zürich-€");
    private readonly MemoryStream _inner = new();

    public void Dispose()
    {
        _redactor.Dispose();
        _inner.Dispose();
    }

    [Fact]
    public void A_prompt_without_a_line_end_appears_at_once()
    {
        using var stream = Open();
        Write(stream, "Password: ");
        Assert.Equal("Password: ", Written);
    }

    [Fact]
    public void What_may_become_a_value_waits_for_what_decides_it()
    {
        using var stream = Open();
        Write(stream, "a pass");
        Assert.Equal("a ", Written);
        Write(stream, "w");
        Assert.Equal("a ", Written);
        Write(stream, "ay");
        Assert.Equal("a passway", Written);
        Write(stream, " password");
        Assert.Equal("a passway ", Written);
        Write(stream, ".");
        Assert.Equal("a passway [REDACTED].", Written);
    }

    [Fact]
    public void A_flush_opens_no_hole()
    {
        using var stream = Open();
        Write(stream, "a pass");
        stream.Flush();
        Assert.Equal("a ", Written);
        Write(stream, "word b");
        Assert.Equal("a [REDACTED] b", Written);
    }

    [Fact]
    public void At_the_end_the_rest_goes_out()
    {
        using (var stream = Open()) Write(stream, "password pass");
        Assert.Equal("[REDACTED] pass", Written);
    }

    [Fact]
    public async Task Asynchronous_writes_are_masked_too()
    {
        await using (var stream = Open())
        {
            foreach (var letter in "a Zürich-€ password-and b"u8.ToArray()) await stream.WriteAsync(new[] { letter }.AsMemory());
            await stream.WriteAsync("passw"u8.ToArray());
            await stream.FlushAsync();
            Assert.Equal("a [REDACTED] [REDACTED]-and b", Written);
        }
        Assert.Equal("a [REDACTED] [REDACTED]-and bpassw", Written);
    }

    [Fact]
    public void Bytes_and_arrays_are_masked_as_spans_are()
    {
        using (var stream = Open())
        {
            foreach (var letter in "x password"u8) stream.WriteByte(letter);
            stream.Write("-- password --"u8.ToArray(), 2, 9);
        }
        Assert.Equal("x [REDACTED] [REDACTED]", Written);
    }

    [Fact]
    public void Values_that_touch_across_writes_become_one_mask()
    {
        using (var stream = Open())
        {
            Write(stream, "password");
            Write(stream, "passwordpass");
            Write(stream, "word");
        }
        Assert.Equal("[REDACTED]", Written);
    }

    [Fact]
    public void A_large_write_is_the_same_as_many_small_ones()
    {
        var text = string.Concat(Enumerable.Range(0, 30_000).Select(number => $"{number} password{(number % 3 is 0 ? "-and-more" : "")}\n"));
        using (var stream = Open()) Write(stream, text);
        Assert.Equal(_redactor.Redact(text), Written);
        Assert.DoesNotContain("password", Written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_writer_of_text_prints_through_it()
    {
        using (var writer = new StreamWriter(Open(), new UTF8Encoding(false), 16)) writer.Write("user admin, password-and-more, Zürich-€, bye");
        Assert.Equal("user admin, [REDACTED], [REDACTED], bye", Written);
    }

    [Fact]
    public void Where_masking_fails_nothing_is_written()
    {
        var stream = Open();
        Write(stream, "a pass");
        _redactor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Write(stream, "word, harmless"));
        Assert.Throws<ObjectDisposedException>(stream.Dispose);
        Assert.Equal("a ", Written);
    }

    [Fact]
    public void Values_of_a_set_are_masked_from_the_moment_they_are_known()
    {
        using var values = new RedactionSet();
        using var hunter = SecretValue.FromText("hunter2!");
        using (var stream = new RedactingStream(_inner, values, leaveOpen: true))
        {
            Write(stream, "hunter2! ");
            values.Set("db", hunter);
            Write(stream, "hunt");
            Write(stream, "er2! ");
        }
        Assert.Equal("hunter2! [REDACTED] ", Written);
    }

    [Fact]
    public void The_inner_stream_is_left_open_only_on_demand()
    {
        Open().Dispose();
        Assert.True(_inner.CanWrite);
        var stream = new RedactingStream(_inner, _redactor);
        Assert.True(stream.CanWrite);
        stream.Dispose();
        stream.Dispose();
        Assert.False(_inner.CanWrite);
        Assert.False(stream.CanWrite);
        Assert.Throws<ObjectDisposedException>(() => Write(stream, "x"));
    }

    private string Written => Encoding.UTF8.GetString(_inner.ToArray());

    private RedactingStream Open() => new(_inner, _redactor, leaveOpen: true);

    private static void Write(Stream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text));
}
