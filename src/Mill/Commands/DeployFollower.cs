using Mill.Client;
using Mill.Client.Contracts;
using Mill.Client.Watching;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>Shows what becomes of a deploy: drawn on a screen, line by line in a pipe, or as JSON.</summary>
internal sealed class DeployFollower(CliHost host, MillClient client, bool isJson)
{
    private readonly Terminal _terminal = host.Terminal;

    /// <returns>The exit code: <see cref="ExitCodes.Ok"/> only where what was asked for is there.</returns>
    public async Task<int> RunAsync(DeployResponse deploy, bool isDetached, CancellationToken cancellationToken)
    {
        if (isDetached)
        {
            if (isJson) Print(deploy);
            else _terminal.Say(Words.DeployGoesOn(deploy.Number));
            return ExitCodes.Ok;
        }
        using var interrupt = Interrupt.Listen(cancellationToken);
        IDeployView view = isJson ? new DeployDocuments(Print) : _terminal.OutputIsTerminal ? new DeployScreen(_terminal, host.Time) : new DeployLines(_terminal);
        try
        {
            var last = deploy;
            await foreach (var next in client.FollowDeployAsync(deploy.Number, Tell(), interrupt.Token).ConfigureAwait(false))
            {
                last = next;
                view.Show(next);
            }
            return End(last);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            _terminal.Say(Words.DeployGoesOn(deploy.Number));
            return ExitCodes.Interrupted;
        }
    }

    /// <summary>What is said of a deploy that is over: why it failed, and how its containers ended.</summary>
    public int End(DeployResponse deploy)
    {
        var isDone = deploy.Outcome is DeployWords.Done;
        if (isJson) return isDone ? ExitCodes.Ok : ExitCodes.DeployFailed;
        var took = (deploy.EndedAt ?? deploy.StartedAt) - deploy.StartedAt;
        if (isDone) _terminal.WriteLine(Words.Deployed(deploy, took));
        else _terminal.Say(Words.DeployFailed(deploy, took));
        foreach (var step in deploy.Steps.Where(step => step.Reason is not null))
        {
            _terminal.Say(Words.StepFailed(step));
            foreach (var line in step.LastLines ?? []) _terminal.Say($"    {Printable.From(line)}");
        }
        if (!isDone) _terminal.Say(Words.DeployFailedHint(deploy));
        return isDone ? ExitCodes.Ok : ExitCodes.DeployFailed;
    }

    private void Print(DeployResponse deploy) => CliJson.Print(_terminal, new(deploy.Outcome is DeployWords.Running ? "progress" : "done", deploy), CliJsonContext.Default.DeployEvent);

    private Action<WatchState> Tell()
    {
        var wasLost = false;
        return state =>
        {
            // The first connection is nothing to speak of.
            if (state is WatchState.Lost) _terminal.Say(Words.WatchLost);
            else if (wasLost) _terminal.Say(Words.WatchAgain);
            wasLost = state is WatchState.Lost;
        };
    }
}

/// <summary>Is shown a deploy as often as it changed.</summary>
internal interface IDeployView
{
    void Show(DeployResponse deploy);
}

/// <summary>One document for each.</summary>
internal sealed class DeployDocuments(Action<DeployResponse> print) : IDeployView
{
    public void Show(DeployResponse deploy) => print(deploy);
}

/// <summary>The words of the API that decide something here.</summary>
internal static class DeployWords
{
    public const string Running = "running";
    public const string Done = "done";
    public const string Healthy = "healthy";
    public const string Pulling = "pulling";
    public const string Failed = "failed";
    public const string Waiting = "waiting";
}
