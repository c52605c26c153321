using Microsoft.AspNetCore.Http;

namespace Mill.Tests.Client;

/// <summary>The streams of changes that were asked for, one after the other.</summary>
internal sealed class FakeStreams
{
    private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public FakeStreams(FakeMill mill) => mill.On("GET /v1/secrets:watch", AnswerAsync);

    public int Count => Volatile.Read(ref _count);

    /// <summary>Ends the first one.</summary>
    public void Break() => _broken.SetResult();

    public void Say(string events) => _said.SetResult(events);

    private async Task AnswerAsync(HttpContext context)
    {
        var isFirst = Interlocked.Increment(ref _count) is 1;
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("id: 7\n\n");
        await context.Response.Body.FlushAsync();
        var end = (isFirst ? _broken.Task : new TaskCompletionSource().Task).WaitAsync(context.RequestAborted);
        if (await Task.WhenAny(_said.Task, end) == _said.Task)
        {
            await context.Response.WriteAsync(await _said.Task);
            await context.Response.Body.FlushAsync();
        }
        await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
