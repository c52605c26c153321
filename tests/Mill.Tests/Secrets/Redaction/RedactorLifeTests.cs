using System.Buffers;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Mill.Secrets;
using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>What a redactor knows lives as long as somebody needs it, and never gives a text through when it is gone.</summary>
public sealed class RedactorLifeTests
{
    private const string Canary = "life-canary-9d1c"; // in no other test: cleared buffers go to whoever needs one

    [Fact]
    public void Once_disposed_it_gives_nothing_through()
    {
        var redactor = Redactors.Of(Canary);
        redactor.Dispose();
        redactor.Dispose();
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ObjectDisposedException>(() => redactor.Redact("harmless"));
        Assert.Throws<ObjectDisposedException>(() => redactor.Redact("harmless"u8, output));
        Assert.Throws<ObjectDisposedException>(() => redactor.Contains("harmless"u8));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void The_values_stay_their_owners()
    {
        using var value = SecretValue.FromText(Canary);
        using var redactor = SecretRedactor.Of([value]);
        Assert.Equal(Canary, value.Reveal(Encoding.UTF8.GetString));
        value.Dispose();
        Assert.Equal("[REDACTED]", redactor.Apply(Canary));
    }

    [Fact]
    public void Of_a_value_that_is_disposed_there_is_no_redactor()
    {
        var value = SecretValue.FromText(Canary);
        value.Dispose();
        Assert.Throws<ObjectDisposedException>(() => SecretRedactor.Of([value]));
    }

    [Fact]
    public void Nothing_is_left_in_memory_after_dispose()
    {
        var redactor = Redactors.Of(Canary, "another-value");
        var arrays = ArraysOf(redactor);
        Assert.Contains(arrays, Knows);
        redactor.Dispose();
        Assert.DoesNotContain(arrays, Knows);
        Assert.All(arrays.Where(array => array is not byte[]), array => Assert.All(array.Cast<object>(), item => Assert.Equal(Activator.CreateInstance(item.GetType()), item)));
    }

    [Fact]
    public void What_nobody_disposed_is_cleared_by_the_collector()
    {
        var arrays = Forget();
        for (var i = 0; i < 10 && arrays.Any(Knows); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.DoesNotContain(arrays, Knows);
    }

    [Fact]
    public void Who_is_reading_while_it_is_disposed_still_sees_every_value()
    {
        var redactor = Redactors.Of(Canary);
        var arrays = ArraysOf(redactor);
        var output = new DisposingWriter(redactor);
        redactor.Redact(Encoding.UTF8.GetBytes($"a {Canary} b {Canary} c"), output);
        Assert.Equal("a [REDACTED] b [REDACTED] c", Encoding.UTF8.GetString(output.Written.WrittenSpan));
        Assert.Throws<ObjectDisposedException>(() => redactor.Redact("harmless"));
        Assert.DoesNotContain(arrays, Knows);
    }

    [Fact]
    public void A_writer_that_fails_has_got_no_value()
    {
        using var redactor = Redactors.Of(Canary);
        var output = new FixedWriter(4);
        var failure = Assert.ThrowsAny<ArgumentException>(() => redactor.Redact(Encoding.UTF8.GetBytes($"abc {Canary} and more"), output));
        Assert.DoesNotContain("life-canary", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("life-canary", Encoding.UTF8.GetString(output.Memory), StringComparison.Ordinal);
        Assert.Equal("still [REDACTED]", redactor.Apply($"still {Canary}"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<Array> Forget() => ArraysOf(Redactors.Of(Canary));

    private static bool Knows(Array array) => array is byte[] bytes && bytes.AsSpan().IndexOf("life-canary"u8) >= 0;

    /// <summary>All arrays that it holds, at any depth.</summary>
    private static List<Array> ArraysOf(object root)
    {
        var found = new List<Array>();
        var open = new Stack<object>([root]);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next) || next is string) continue;
            if (next is Array array) found.Add(array);
            else foreach (var field in Fields(next.GetType())) if (field.GetValue(next) is { } value && !field.FieldType.IsPrimitive) open.Push(value);
        }
        return found;
    }

    private static FieldInfo[] Fields(Type type) => type.Namespace?.StartsWith("Mill", StringComparison.Ordinal) is true ? type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic) : [];

    /// <summary>Disposes the redactor in the midst of its work.</summary>
    private sealed class DisposingWriter(SecretRedactor redactor) : IBufferWriter<byte>
    {
        public ArrayBufferWriter<byte> Written { get; } = new();

        public void Advance(int count) => Written.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => Written.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            redactor.Dispose();
            return Written.GetSpan(sizeHint);
        }
    }

    /// <summary>Has room for so many bytes and no more.</summary>
    private sealed class FixedWriter(int size) : IBufferWriter<byte>
    {
        private int _written;

        public byte[] Memory { get; } = new byte[size];

        public void Advance(int count) => _written += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0) => _written < size ? Memory.AsSpan(_written) : throw new ArgumentException("There is no more room.");
    }
}
