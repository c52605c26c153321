using System.CommandLine;
using System.CommandLine.Completions;
using Mill.Client;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Arguments that name a node, completed by asking the cluster: quick, or not at all, and never a word of complaint.</summary>
internal static class NodeSymbols
{
    /// <summary>The server gives each of the others a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1500);

    public static Argument<string> Node(GlobalOptions global)
    {
        var node = new Argument<string>("NODE") { HelpName = "NODE", Description = Words.NodeArgument };
        node.CompletionSources.Add(context => Find(global, context));
        return node;
    }

    public static Argument<string?> Heir(GlobalOptions global)
    {
        var node = new Argument<string?>("NODE") { HelpName = "NODE", Description = Words.HeirArgument, Arity = ArgumentArity.ZeroOrOne };
        node.CompletionSources.Add(context => Find(global, context));
        return node;
    }

    private static IEnumerable<CompletionItem> Find(GlobalOptions global, CompletionContext context)
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience, global.Host.Time);
            if (global.Resolve(context.ParseResult) is not { Token: not null } options) return [];
            using var client = new MillClient(options);
            return client.ListNodesAsync(cancellationToken: limit.Token).GetAwaiter().GetResult().Nodes.Select(node => new CompletionItem(node.Name));
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            return [];
        }
    }
}
