using System.Diagnostics;
using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Crashes;

/// <summary>Several clients that write as fast as they are answered, until the server is ended under them.</summary>
internal sealed class Load(MillServer server, Expectations expected, int seed, Action end)
{
    private const int Clients = 4;
    private const int MostAnswers = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly long _start = TimeProvider.System.GetTimestamp();

    private int _answers;

    /// <summary>Returns the server's exit code.</summary>
    public async Task<int> RunAsync(KillMoment moment, string dataDirectory)
    {
        using var checkpoint = moment is KillMoment.AtCheckpoint at ? new FileEvents(dataDirectory, "mill.db", at.Writes, end) : null;
        var mostAnswers = moment is KillMoment.AfterAnswers after ? after.Count : MostAnswers;
        var clients = Enumerable.Range(0, Clients).Select(client => WriteAsync(new(client, seed, expected, isHeavy: checkpoint is not null), mostAnswers)).ToList();
        if (moment is KillMoment.AfterTime time) await EndAfterAsync(time.Time);
        await Task.WhenAll(clients);
        return await server.Process.ExitAsync();
    }

    private async Task WriteAsync(OperationPlan plan, int mostAnswers)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                var operation = plan.Next();
                expected.Begin(operation);
                expected.Answer(operation, await operation.SendAsync(server.Api, expected.Seed));
                if (Interlocked.Increment(ref _answers) == mostAnswers) end();
                // Ctrl-C, for one, is not heard by the children of a shell that was told to go on in the background.
                if (TimeProvider.System.GetElapsedTime(_start) > Patience) throw new TimeoutException("The server outlived its end by minutes.");
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The server is gone; what was under way stays unknown.
        }
    }

    /// <summary>The timer knows only milliseconds: the rest is spent spinning.</summary>
    private async Task EndAfterAsync(TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Floor(time.TotalMilliseconds)), TimeProvider.System);
        while (Stopwatch.GetElapsedTime(start) < time) Thread.SpinWait(20);
        end();
    }
}
