using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Extensions.Logging;
using Mill.Secrets.Redaction;
using Xunit;

namespace Mill.Tests.Extensions.Logging;

/// <summary>No value gets into a log, by whatever way and in whatever encoding.</summary>
public sealed class MaskedLogTests
{
    private const string Canary = "c@nary \"quoted\" 'single' /+&=% é😀 7f3a9b";

    private static readonly Dictionary<string, Func<string, string>> Encodings = new()
    {
        ["itself"] = value => value,
        ["base64"] = value => Convert.ToBase64String(Encoding.UTF8.GetBytes(value)),
        ["base64 of more"] = value => Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{value}")),
        ["a URL"] = Uri.EscapeDataString,
        ["a form"] = value => WebUtility.UrlEncode(value),
        ["JSON"] = value => JsonSerializer.Serialize(value),
        ["a shell"] = value => $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'",
        ["hex"] = value => Convert.ToHexString(Encoding.UTF8.GetBytes(value)),
        ["HTML"] = value => WebUtility.HtmlEncode(value),
    };

    private static readonly Dictionary<string, Func<string, object>> Places = new()
    {
        ["bytes"] = Encoding.UTF8.GetBytes,
        ["a segment"] = text => new ArraySegment<byte>(Encoding.UTF8.GetBytes($"..{text}.."), 2, text.Length),
        ["a list"] = text => new List<byte>(Encoding.UTF8.GetBytes(text)),
        ["a queue"] = text => new Queue<byte>(Encoding.UTF8.GetBytes(text)),
        ["memory"] = text => new Memory<byte>(Encoding.UTF8.GetBytes(text)),
        ["memory to read"] = text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text)),
        ["a sequence"] = text => new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)),
        ["characters"] = text => text.ToCharArray(),
        ["a segment of characters"] = text => new ArraySegment<char>(text.ToCharArray()),
        ["a list of characters"] = text => new List<char>(text),
        ["memory of characters"] = text => new Memory<char>(text.ToCharArray()),
        ["memory of a text"] = text => text.AsMemory(),
    };

    public static TheoryData<string> Kept => new(Places.Keys);

    public static TheoryData<string> Routes => new(LogRoutes.All.Keys);

    [Theory]
    [MemberData(nameof(Routes))]
    public void No_encoding_of_a_value_gets_by_this_way(string route)
    {
        using var fixture = Tracking();
        fixture.Know("canary", Canary);
        foreach (var (encoding, encode) in Encodings)
        {
            var encoded = encode(Canary);
            LogRoutes.All[route](fixture.Log, encoded);
            // What base64 makes of the neighbours stays; what is looked for is what the value alone decides.
            var needle = encoding is "base64 of more" ? encoded[8..^4] : encoded;
            Assert.False(fixture.Catcher.All.Contains(needle, StringComparison.Ordinal), $"{encoding} by {route}: {fixture.Catcher.All}");
        }
        Assert.Equal(Encodings.Count, fixture.Catcher.Lines.Count);
        // What was only behind the line is not in its copy at all.
        if (route is "a state that is a text" or "a state with a text of its own" or "an object that is taken apart") return;
        Assert.All(fixture.Catcher.Lines, line => Assert.Contains(SecretRedactor.Mask, line.All, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public void What_holds_no_value_comes_through_as_it_was(string route)
    {
        using var fixture = Tracking();
        fixture.Know("canary", Canary);
        LogRoutes.All[route](fixture.Log, "https://example.org/harmless");
        Assert.DoesNotContain(SecretRedactor.Mask, fixture.Line.All, StringComparison.Ordinal);
        // Of the one only the text goes on; the others stand one by one.
        if (route is "an object that is taken apart" or "characters") return;
        Assert.Contains(route is "bytes" ? Convert.ToBase64String("https://example.org/harmless"u8) : "harmless", fixture.Line.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_random_value_gets_by_any_way(int seed)
    {
        const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=!@#$%^&*()[]<>|;:'\"\\ ,?`é€";
        var random = new Random(seed);
        using var fixture = Tracking();
        var (routes, encodings) = (LogRoutes.All.Values.ToArray(), Encodings.Where(pair => pair.Key is not "base64 of more").Select(pair => pair.Value).ToArray());
        for (var round = 0; round < 300; round++)
        {
            var value = "v" + string.Concat(Enumerable.Range(0, random.Next(7, 40)).Select(_ => Characters[random.Next(Characters.Length)]));
            fixture.Know($"name-{round}", value);
            var encoded = encodings[random.Next(encodings.Length)](value);
            routes[random.Next(routes.Length)](fixture.Log, encoded);
            var line = fixture.Catcher.Lines.Last().All;
            Assert.False(line.Contains(value, StringComparison.Ordinal) || line.Contains(encoded, StringComparison.Ordinal), $"seed {seed}, round {round}: {value} in {line}");
        }
    }

    [Fact]
    public void A_line_without_a_value_is_passed_on_as_the_very_objects_that_came()
    {
        using var fixture = new LogFixture();
        fixture.Know("canary", Canary);
        var (state, exception) = (new List<KeyValuePair<string, object?>> { new("Number", 1) }, new InvalidOperationException("harmless"));
        fixture.Log.Log(LogLevel.Warning, new(5, "named"), state, exception, (_, _) => "text");
        Assert.Same(state, fixture.Line.State);
        Assert.Same(exception, fixture.Line.Exception);
        Assert.Equal((LogLevel.Warning, 5, "named", "text"), (fixture.Line.Level, fixture.Line.EventId.Id, fixture.Line.EventId.Name, fixture.Line.Text));
    }

    [Fact]
    public void Only_the_value_is_masked_and_the_rest_of_the_line_stays()
    {
        using var fixture = new LogFixture();
        fixture.Know("canary", Canary);
#pragma warning disable CA1848 // as others write it
        fixture.Log.LogWarning(9, new InvalidOperationException($"no {Canary}!"), "try {Count} of {Url} at {When}", 3, $"x{Canary}", TimeSpan.FromSeconds(2));
#pragma warning restore CA1848
        var line = fixture.Line;
        Assert.Equal((LogLevel.Warning, 9, "try 3 of x[REDACTED] at 00:00:02"), (line.Level, line.EventId.Id, line.Text));
        Assert.Equal([new("Count", 3), new("Url", "x[REDACTED]"), new("When", TimeSpan.FromSeconds(2)), new("{OriginalFormat}", "try {Count} of {Url} at {When}")], (IEnumerable<KeyValuePair<string, object?>>)line.State!);
        var exception = Assert.IsType<RedactedException>(line.Exception);
        Assert.Equal(("no [REDACTED]!", typeof(InvalidOperationException).FullName), (exception.Message, exception.OriginalType));
    }

    [Fact]
    public void The_parts_of_a_value_that_was_put_together_do_not_stay()
    {
        using var fixture = new LogFixture();
        fixture.Know("canary", "hunter2-hunter3");
        LogRoutes.All["a template and its value together"](fixture.Log, "hunter2-hunter3");
        Assert.Equal("[REDACTED]", fixture.Line.Text);
        Assert.DoesNotContain("hunter3", fixture.Line.All, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_and_characters_of_a_value_are_not_told_one_by_one()
    {
        using var fixture = new LogFixture();
        fixture.Know("canary", "hunter2-hunter3");
        LogRoutes.All["bytes"](fixture.Log, "hunter2-hunter3");
        LogRoutes.All["characters"](fixture.Log, "hunter2-hunter3");
        Assert.All(fixture.Catcher.Lines, line => Assert.Equal("[REDACTED]", line.Text));
        Assert.DoesNotContain("104, 117", fixture.Catcher.All, StringComparison.Ordinal);
        Assert.DoesNotContain("h, u, n", fixture.Catcher.All, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void Bytes_and_characters_are_masked_whatever_they_are_kept_in(string place)
    {
        using var fixture = new LogFixture();
        fixture.Know("canary", "hunter2-hunter3");
        var values = new List<KeyValuePair<string, object?>> { new("Body", Places[place]("hunter2-hunter3")), new("All", new Dictionary<string, object> { ["inner"] = Places[place]("hunter2-hunter3") }) };
        fixture.Log.Log(LogLevel.Information, 1, values, null, (_, _) => "harmless");
        var state = (IReadOnlyList<KeyValuePair<string, object?>>)fixture.Line.State!;
        Assert.Equal(SecretRedactor.Mask, state[0].Value);
        Assert.Equal([new("inner", SecretRedactor.Mask)], (IEnumerable<KeyValuePair<string, object?>>)state[1].Value!);
        Assert.Equal(SecretRedactor.Mask, fixture.Line.Text);
        values = [new("Body", Places[place]("harmless"))];
        fixture.Log.Log(LogLevel.Information, 1, values, null, (_, _) => "harmless");
        Assert.DoesNotContain(SecretRedactor.Mask, fixture.Catcher.Lines.Last().All, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_is_masked_from_the_moment_it_is_known_and_after_it_was_rotated()
    {
        using var fixture = new LogFixture();
        using var scope = fixture.Log.BeginScope(new Dictionary<string, object?> { ["Url"] = "second-value" });
        Say(fixture, "first-value second-value");
        fixture.Know("a", "first-value");
        fixture.Know("a", "second-value");
        Say(fixture, "first-value second-value");
        Assert.Contains("first-value second-value", fixture.Catcher.Lines.First().All, StringComparison.Ordinal);
        Assert.DoesNotContain("-value", fixture.Catcher.Lines.Last().All, StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_still_go_by_the_names_of_providers()
    {
        using var fixture = new LogFixture(logging => logging.AddFilter<LogCatcher>(level => level >= LogLevel.Warning));
        Say(fixture, "left out");
        Assert.Empty(fixture.Catcher.Lines);
        Assert.True(fixture.Log.IsEnabled(LogLevel.Warning));
        Assert.False(fixture.Log.IsEnabled(LogLevel.Information));
    }

    [Fact]
    public void Providers_that_come_later_get_masks_too()
    {
        using var fixture = new LogFixture();
        fixture.Know("canary", Canary);
        var later = new LogCatcher();
        fixture.Services.GetRequiredService<ILoggerFactory>().AddProvider(later);
        Say(fixture, Canary);
        Assert.Equal("[REDACTED]", later.Lines.Single().Text);
    }

    [Fact]
    public void A_factory_can_be_wrapped_without_services()
    {
        using var values = new RedactionSet();
        using var value = Mill.Secrets.SecretValue.FromText(Canary);
        values.Set("canary", value);
        var catcher = new LogCatcher();
        using (var factory = new LoggerFactory([catcher]).WithMillRedaction(values))
        {
#pragma warning disable CA1848, CA2254
            factory.CreateLogger($"of {Canary}").LogInformation(Canary);
#pragma warning restore CA1848, CA2254
        }
        Assert.Equal("[REDACTED]", catcher.Lines.Single().Text);
        Assert.DoesNotContain(Canary, catcher.All, StringComparison.Ordinal);
    }

    private static void Say(LogFixture fixture, string text)
    {
#pragma warning disable CA1848, CA2254
        fixture.Log.LogInformation(text);
#pragma warning restore CA1848, CA2254
    }

    private static LogFixture Tracking() => new(logging => logging.Configure(options =>
        options.ActivityTrackingOptions = ActivityTrackingOptions.SpanId | ActivityTrackingOptions.TraceId | ActivityTrackingOptions.Tags | ActivityTrackingOptions.Baggage));
}
