using System.CommandLine;
using System.CommandLine.Completions;
using Mill.Client;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Arguments that name what runs, completed by asking the server: quick, or not at all, and never a word of complaint.</summary>
internal static class FleetSymbols
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    public static Option<string?> MillFile() => new("--file", "-f") { HelpName = "FILE", Description = Words.MillFileOption };

    public static Option<bool> Detach() => Symbols.Flag("--detach", Words.DetachOption);

    public static Argument<string> Service(GlobalOptions global)
    {
        var service = new Argument<string>("SERVICE") { HelpName = "SERVICE", Description = Words.ServiceArgument };
        service.CompletionSources.Add(context => Find(global, context, ServicesAsync));
        return service;
    }

    /// <summary>Whatever has a log.</summary>
    public static Argument<string?> Log(GlobalOptions global) => Running(global, Words.LogArgument);

    /// <summary>A service, or the id of a task; it may be left out.</summary>
    public static Argument<string?> Running(GlobalOptions global, string description)
    {
        var name = new Argument<string?>("NAME") { HelpName = "NAME", Description = description, Arity = ArgumentArity.ZeroOrOne };
        name.CompletionSources.Add(context => Find(global, context, async (client, token) => [.. await ServicesAsync(client, token).ConfigureAwait(false), .. await TasksAsync(client, token).ConfigureAwait(false)]));
        return name;
    }

    /// <summary>A task of a file, and what stands behind it: what to start of an image that somebody names.</summary>
    public static Argument<string[]> Spawned(GlobalOptions global)
    {
        var task = new Argument<string[]>("TASK") { HelpName = "TASK", Description = Words.SpawnArgument, Arity = ArgumentArity.ZeroOrMore };
        task.CompletionSources.Add(context => Find(global, context, async (client, token) => (await client.ListTemplatesAsync(token).ConfigureAwait(false)).Templates.Select(template => template.Name)));
        return task;
    }

    public static Argument<string> RunningTask(GlobalOptions global)
    {
        var task = new Argument<string>("ID") { HelpName = "ID", Description = Words.TaskArgument };
        task.CompletionSources.Add(context => Find(global, context, TasksAsync));
        return task;
    }

    /// <summary>The number of a deploy, which may be left out.</summary>
    public static Argument<string?> Deploy(GlobalOptions global, string description)
    {
        var number = new Argument<string?>("N") { HelpName = "N", Description = description, Arity = ArgumentArity.ZeroOrOne };
        number.Validators.Add(static result =>
        {
            if (result.Tokens is [var token, ..]) NumberOption.Parse(token.Value, result);
        });
        number.CompletionSources.Add(context => Find(global, context, async (client, token) =>
            (await client.ListDeploysAsync(token).ConfigureAwait(false)).Deploys.Select(deploy => deploy.Number.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        return number;
    }

    public static int? Read(ParseResult parsed, Argument<string?> number) => parsed.GetValue(number) is { } text ? NumberOption.Parse(text, result: null) : null;

    private static async Task<IEnumerable<string>> ServicesAsync(MillClient client, CancellationToken cancellationToken) => (await client.ListServicesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Services.Select(service => service.Name);

    private static async Task<IEnumerable<string>> TasksAsync(MillClient client, CancellationToken cancellationToken) => (await client.ListTasksAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Tasks.Select(task => task.Id);

    private static IEnumerable<CompletionItem> Find(GlobalOptions global, CompletionContext context, Func<MillClient, CancellationToken, Task<IEnumerable<string>>> ask)
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience, global.Host.Time);
            if (global.Resolve(context.ParseResult) is not { Token: not null } options) return [];
            using var client = new MillClient(options);
            return [.. ask(client, limit.Token).GetAwaiter().GetResult().Where(name => name.StartsWith(context.WordToComplete, StringComparison.Ordinal)).Select(name => new CompletionItem(name))];
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            return [];
        }
    }
}
