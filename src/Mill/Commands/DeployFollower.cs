using Mill.Client;
using Mill.Client.Contracts;
using Mill.Client.Watching;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Shows what becomes of a deploy: drawn on a screen, line by line in a pipe, or as JSON.</summary>
/// <param name="isAbort">Whoever follows it had it go back.</param>
internal sealed class DeployFollower(CliHost host, MillClient client, bool isJson, bool isAbort = false)
{
    private readonly Terminal _terminal = host.Terminal;

    /// <returns>The exit code: <see cref="ExitCodes.Ok"/> only where what was asked for is there.</returns>
    public async Task<int> RunAsync(DeployResponse deploy, bool isDetached, CancellationToken cancellationToken)
    {
        if (isDetached)
        {
            if (isJson) Print(deploy);
            else _terminal.Say(GoesOn(deploy));
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
            return End(last, isJson ? null : await ServicesAsync(interrupt.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            _terminal.Say(GoesOn(deploy));
            return ExitCodes.Interrupted;
        }
    }

    /// <summary>What is said of a deploy that is over: why it failed, how its containers ended, and what does not run as it should since.</summary>
    /// <param name="services">As they run now; null where that is not known, or not of this deploy.</param>
    public int End(DeployResponse deploy, IReadOnlyList<ServiceResponse>? services = null)
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
        if (!isDone) _terminal.Say(Words.DeployFailedHint(deploy, services));
        else if (deploy.Steps.Count is 0) foreach (var service in (services ?? []).Where(service => service.Replicas.Healthy < service.Replicas.Desired)) _terminal.Say(Words.NotHealthy(service));
        foreach (var note in Words.OutdatedAddresses(services ?? [], [.. deploy.Steps.Select(step => step.Service)])) _terminal.Say(note);
        return isDone ? ExitCodes.Ok : ExitCodes.DeployFailed;
    }

    private string GoesOn(DeployResponse deploy) => isAbort ? Words.AbortGoesOn(deploy.Number) : Words.DeployGoesOn(deploy.Number);

    /// <summary>Null where the server cannot say: the deploy is over all the same.</summary>
    private async Task<IReadOnlyList<ServiceResponse>?> ServicesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await client.ListServicesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Services;
        }
        catch (MillException)
        {
            return null;
        }
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
