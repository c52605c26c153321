using FsCheck;
using FsCheck.Fluent;
using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Secrets.Redaction;

/// <summary>Any values, any text, any cut: the same as the rule in its most simple form.</summary>
public sealed class RedactionReferenceTests
{
    [Theory]
    [InlineData(4, 7, 40)]
    [InlineData(4, 20, 80)]
    [InlineData(8, 12, 80)]
    [InlineData(8, 40, 300)]
    public void What_any_value_covers_is_masked_and_nothing_else(int shortest, int longest, int length) => Check(600, random =>
    {
        var values = Values(random, shortest, longest);
        var text = Text(random, values, length);
        using var redactor = Redactors.Of(values);
        Assert.Equal(Redactors.Expected(values, text), redactor.Apply(text));
    });

    [Theory]
    [InlineData(4, 7)]
    [InlineData(4, 20)]
    [InlineData(8, 40)]
    public void However_a_stream_is_cut_it_lets_through_what_is_sure_and_no_more(int shortest, int longest) => Check(300, random =>
    {
        var values = Values(random, shortest, longest);
        var text = Text(random, values, 120);
        using var redactor = Redactors.Of(values);
        using var inner = new MemoryStream();
        using (var stream = new RedactingStream(inner, redactor, leaveOpen: true))
        {
            for (var (place, end) = (0, 0); place < text.Length; place = end)
            {
                end = Math.Min(text.Length, place + random.Next(1, 12));
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text[place..end]));
                if (random.Next(3) is 0) stream.Flush();
                Assert.Equal(Redactors.Expected(values, text[..end], Redactors.Settled(values, text[..end])), Written(inner));
            }
        }
        Assert.Equal(Redactors.Expected(values, text), Written(inner));
    });

    private static string Written(MemoryStream inner) => System.Text.Encoding.UTF8.GetString(inner.ToArray());

    private static List<string> Values(Random random, int shortest, int longest) => [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => random.Letters(shortest, longest))];

    /// <summary>Whole values, beginnings of values, and letters between them.</summary>
    private static string Text(Random random, List<string> values, int length)
    {
        var text = "";
        while (text.Length < length)
        {
            var value = values[random.Next(values.Count)];
            text += random.Next(4) switch
            {
                0 => value,
                1 => value[..random.Next(value.Length)],
                2 => value[random.Next(value.Length)..],
                _ => random.Letters(0, 4) + (random.Next(3) is 0 ? "-" : ""),
            };
        }
        return text;
    }

    /// <summary>A failure prints the seed that repeats it.</summary>
    private static void Check(int count, Action<Random> holds) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => holds(new(seed))));
}
