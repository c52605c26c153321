using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mill.Tests.Extensions.Logging;

/// <summary>Every way in which a text gets into a log.</summary>
internal static partial class LogRoutes
{
    public static readonly IReadOnlyDictionary<string, Action<ILogger, string>> All = new Dictionary<string, Action<ILogger, string>>
    {
#pragma warning disable CA1848, CA2254, CA1873 // what others write, who do not know better
        ["an interpolated message"] = (log, text) => log.LogInformation($"connecting to {text}!"),
        ["a value of a template"] = (log, text) => log.LogInformation("connecting to {Url}!", text),
        ["a value in the midst of one"] = (log, text) => log.LogInformation("connecting to {Url}!", $"https://db/?x={text}&y=1"),
        ["a template and its value together"] = (log, text) => log.LogInformation(text[..3] + "{Rest}", text[3..]),
        ["a name of a value"] = (log, text) => log.Log(LogLevel.Information, 1, new List<KeyValuePair<string, object?>> { new(text, 1) }, null, (_, _) => "harmless"),
        ["a list"] = (log, text) => log.LogInformation("args {Args}", (object)new[] { "--password", text }),
        ["a list of lists"] = (log, text) => log.LogInformation("args {Args}", new List<object> { 1, new[] { text } }),
        ["a dictionary"] = (log, text) => log.LogInformation("headers {Headers}", new Dictionary<string, string> { ["Authorization"] = text }),
        ["a key of a dictionary"] = (log, text) => log.LogInformation("headers {Headers}", new Dictionary<string, int> { [text] = 1 }),
        ["bytes"] = (log, text) => log.LogInformation("body {Body}", Encoding.UTF8.GetBytes(text)),
        ["characters"] = (log, text) => log.LogInformation("body {Body}", text.ToCharArray()),
        ["an object that says it"] = (log, text) => log.LogInformation("order {Order}", new Order(text)),
        ["an object that is taken apart"] = (log, text) => log.LogInformation("order {@Order}", new OrderThatIsQuiet(text)),
        ["a declared line"] = Declared,
        ["a name of an event"] = (log, text) => log.LogInformation(new EventId(7, text), "harmless"),
        ["a state that is a text"] = (log, text) => log.Log(LogLevel.Information, 1, text, null, (_, _) => "harmless"),
        ["a state with a text of its own"] = (log, text) => log.Log(LogLevel.Information, 1, new SayingState(text), null, (_, _) => "harmless"),
        ["only the formatter"] = (log, text) => log.Log(LogLevel.Information, 1, 0, null, (_, _) => text),
        ["an exception"] = (log, text) => log.LogError(Thrown(() => throw new InvalidOperationException($"refused: {text}")), "failed"),
        ["its cause"] = (log, text) => log.LogError(new InvalidOperationException("outer", Thrown(() => throw new InvalidOperationException(text))), "failed"),
        ["one of many causes"] = (log, text) => log.LogError(new AggregateException(new InvalidOperationException("first"), new InvalidOperationException(text)), "failed"),
        ["the data of an exception"] = (log, text) => log.LogError(new InvalidOperationException("outer") { Data = { ["url"] = text } }, "failed"),
        ["the data of a cause"] = (log, text) => log.LogError(new InvalidOperationException("outer", new InvalidOperationException { Data = { [text] = 1 } }), "failed"),
        ["the source of an exception"] = (log, text) => log.LogError(new InvalidOperationException("outer") { Source = text, HelpLink = text }, "failed"),
        ["the stack of an exception"] = (log, text) => log.LogError(new ExceptionWithStack(text), "failed"),
        ["what an exception says"] = (log, text) => log.LogError(new QuietException(text), "failed"),
        ["an exception as a value"] = (log, text) => log.LogInformation("failed {Why}", new InvalidOperationException("outer", new InvalidOperationException(text))),
        ["a cause that is far down"] = (log, text) => log.LogError(Enumerable.Range(0, 30).Aggregate(new InvalidOperationException(text), (cause, number) => new($"{number}", cause)), "failed"),
        ["a scope"] = (log, text) => InScope(log, text, () => log.LogInformation("harmless")),
        ["a value of a scope"] = (log, text) => InScope(log, new Dictionary<string, object?> { ["url"] = text }, () => log.LogInformation("harmless")),
        ["a template of a scope"] = (log, text) => { using (log.BeginScope("in {Url}", text)) log.LogInformation("harmless"); },
        ["an object as a scope"] = (log, text) => InScope(log, new Order(text), () => log.LogInformation("harmless")),
        ["the tag of an activity"] = (log, text) => InActivity(activity => activity.SetTag("url", text), () => log.LogInformation("harmless")),
        ["the baggage of an activity"] = (log, text) => InActivity(activity => activity.SetBaggage("url", text), () => log.LogInformation("harmless")),
#pragma warning restore CA1848, CA2254, CA1873
    };

    private static void InScope(ILogger log, object scope, Action act)
    {
        using (log.BeginScope(scope)) act();
    }

    private static void InActivity(Action<Activity> prepare, Action act)
    {
        using var activity = new Activity("test").Start();
        prepare(activity);
        act();
    }

    private static InvalidOperationException Thrown(Action throwing)
    {
        try
        {
            throwing();
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
        throw new InvalidOperationException("Nothing was thrown.");
    }

    [LoggerMessage(3, LogLevel.Warning, "calling {Url}")]
    private static partial void Declared(ILogger log, string url);

    private sealed record Order(string Url);

    private sealed class OrderThatIsQuiet(string url)
    {
        public string Url => url;

        public override string ToString() => "an order";
    }

    private sealed class SayingState(string text) : List<KeyValuePair<string, object?>>
    {
        public override string ToString() => text;
    }

    private sealed class ExceptionWithStack(string text) : Exception
    {
        public override string? StackTrace => text;

        public override string ToString() => "harmless";
    }

    private sealed class QuietException(string text) : Exception("harmless")
    {
        public override string ToString() => text;
    }
}
