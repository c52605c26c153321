using System.CommandLine;
using System.Globalization;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill deploys</c>: those that were, one of them, or what one does right now.</summary>
internal sealed class DeploysCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _number;
    private readonly Option<bool> _follow = Symbols.Flag("--follow", Words.FollowDeployOption);

    public DeploysCommand(GlobalOptions global)
        : base("deploys", Words.Deploys)
    {
        _global = global;
        _number = FleetSymbols.Deploy(global, Words.DeployArgument);
        Add(_number);
        Add(_follow);
        SetAction(RunAsync);
    }

    /// <summary>The one at work. Throws <see cref="MillError.NotFound"/> where there is none.</summary>
    public static async Task<DeployResponse> AtWorkAsync(MillClient client, CancellationToken cancellationToken)
    {
        var list = await client.ListDeploysAsync(cancellationToken).ConfigureAwait(false);
        return list.Deploys.FirstOrDefault(deploy => deploy.Outcome is DeployWords.Running) ?? throw new MillException(MillError.NotFound, Words.NoDeployAtWork) { Hint = Words.DeploysHint };
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var (number, isJson) = (FleetSymbols.Read(parsed, _number), _global.IsJson(parsed));
        if (parsed.GetValue(_follow))
        {
            var followed = number is { } wanted ? await client.GetDeployAsync(wanted, cancellationToken).ConfigureAwait(false) : await AtWorkAsync(client, cancellationToken).ConfigureAwait(false);
            return await new DeployFollower(_global.Host, client, isJson).RunAsync(followed, isDetached: false, cancellationToken).ConfigureAwait(false);
        }
        if (number is { } one) Show(await client.GetDeployAsync(one, cancellationToken).ConfigureAwait(false), client, isJson);
        else Show(await client.ListDeploysAsync(cancellationToken).ConfigureAwait(false), isJson);
        return ExitCodes.Ok;
    }

    private void Show(DeployResponse deploy, MillClient client, bool isJson)
    {
        if (isJson)
        {
            CliJson.Print(_global.Terminal, deploy);
            return;
        }
        DeployScreen.TableOf(deploy, _global.Host.Time.GetUtcNow()).WriteTo(_global.Terminal);
        if (deploy.Outcome is DeployWords.Running) _global.Terminal.Say(Words.DeployGoesOn(deploy.Number));
        // What is said at its end is said to whoever looks later, too.
        else new DeployFollower(_global.Host, client, isJson).End(deploy);
    }

    private void Show(DeployListResponse list, bool isJson)
    {
        if (isJson)
        {
            CliJson.Print(_global.Terminal, list);
            return;
        }
        var table = new Table("NUMBER", "KIND", Column.Wrapping("BY"), "STARTED", "TOOK", "OUTCOME", Column.Wrapping("SERVICES"));
        foreach (var deploy in list.Deploys)
        {
            table.Add(deploy.Number.ToString(CultureInfo.InvariantCulture), Words.KindOf(deploy), deploy.By, Times.Show(_global.Terminal, deploy.StartedAt),
                deploy.EndedAt is { } end ? Amounts.Length(end - deploy.StartedAt) : "-", deploy.Outcome, string.Join(", ", deploy.Steps.Select(step => step.Service)));
        }
        table.WriteTo(_global.Terminal);
        if (list.Deploys.Count is 0) _global.Terminal.Say(Words.NoDeploys);
    }
}
