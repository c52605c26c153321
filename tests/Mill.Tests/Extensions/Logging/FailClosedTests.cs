using Microsoft.Extensions.Logging;
using Xunit;

namespace Mill.Tests.Extensions.Logging;

/// <summary>What cannot be looked at is not passed on, and who logs is not disturbed.</summary>
public sealed class FailClosedTests : IDisposable
{
    private const string Canary = "closed-canary-5521";

    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Without_its_values_it_passes_nothing_on()
    {
        foreach (var act in LogRoutes.All.Values.ToArray())
        {
            using var fixture = new LogFixture();
            fixture.Know("canary", Canary);
            fixture.Values.Dispose();
            act(fixture.Log, Canary);
            Assert.DoesNotContain(Canary, fixture.Line.All, StringComparison.Ordinal);
            Assert.Contains("could not be masked, and was left out: ObjectDisposedException", fixture.Line.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_formatter_that_throws_is_a_line_that_says_so()
    {
        _fixture.Log.Log(LogLevel.Error, new(8, Canary), Canary, null, (_, _) => throw new InvalidOperationException(Canary));
        AssertLeftOut();
        Assert.Equal((LogLevel.Error, 8), (_fixture.Line.Level, _fixture.Line.EventId.Id));
    }

    [Fact]
    public void A_value_that_throws_is_a_line_that_says_so()
    {
        _fixture.Log.Log(LogLevel.Error, 8, new List<KeyValuePair<string, object?>> { new("a", new Throwing()), new("b", Canary) }, null, (_, _) => Canary);
        AssertLeftOut();
    }

    [Fact]
    public void An_exception_that_throws_is_a_line_that_says_so()
    {
        _fixture.Log.Log(LogLevel.Error, 8, Canary, new ThrowingException(), (_, _) => Canary);
        AssertLeftOut();
    }

    [Fact]
    public void A_scope_that_throws_is_a_scope_that_says_so()
    {
        using (_fixture.Log.BeginScope(new Throwing())) _fixture.Log.Log(LogLevel.Error, 8, "state", null, (_, _) => "text");
        Assert.Equal("text", _fixture.Line.Text);
        Assert.Contains("could not be masked", _fixture.Line.All, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scope_that_became_less_between_two_looks_does_not_disturb_who_reads_it()
    {
        var scope = new Dictionary<string, object?> { ["a"] = "1", ["b"] = "2" };
        var masked = (IReadOnlyList<KeyValuePair<string, object?>>)new Mill.Extensions.Logging.LogMask(_fixture.Values).Scope(scope);
        var count = masked.Count;
        scope.Remove("b"); // by another thread
        Assert.Equal([new("a", "1"), new("", null)], Enumerable.Range(0, count).Select(place => masked[place]));
        _fixture.Values.Dispose();
        Assert.All(Enumerable.Range(0, count), place => Assert.DoesNotContain("1", $"{masked[place]}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_that_holds_itself_has_an_end()
    {
        var list = new List<object> { "harmless" };
        list.Add(list);
        _fixture.Know("canary", Canary);
        _fixture.Log.Log(LogLevel.Error, 8, new List<KeyValuePair<string, object?>> { new("list", list), new("b", Canary) }, null, (_, _) => "text");
        Assert.DoesNotContain(Canary, _fixture.Line.All, StringComparison.Ordinal);
        Assert.Contains("harmless", _fixture.Line.All, StringComparison.Ordinal);
    }

    private void AssertLeftOut()
    {
        Assert.DoesNotContain(Canary, _fixture.Line.All, StringComparison.Ordinal);
        Assert.Equal("[REDACTED] What stood here could not be masked, and was left out: InvalidOperationException", _fixture.Line.Text);
    }

    private sealed class Throwing
    {
        public override string ToString() => throw new InvalidOperationException(Canary);
    }

    private sealed class ThrowingException : Exception
    {
        public override string Message => throw new InvalidOperationException(Canary);
    }
}
