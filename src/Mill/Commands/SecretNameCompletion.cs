using System.CommandLine.Completions;
using Mill.Client;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Names of secrets for the shell, while somebody waits with a finger on the tab key: quick, or none, and never a word of complaint.</summary>
internal static class SecretNameCompletion
{
    private const int MostNames = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    public static IEnumerable<CompletionItem> Find(GlobalOptions global, CompletionContext context)
    {
        try
        {
            using var limit = new CancellationTokenSource(Patience, global.Host.Time);
            if (global.Resolve(context.ParseResult) is not { Token: not null } options) return [];
            using var client = new MillClient(options);
            var page = client.ListAsync(context.WordToComplete, after: null, MostNames, limit.Token).GetAwaiter().GetResult();
            return page.Secrets.Select(item => new CompletionItem(item.Name));
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            return [];
        }
    }
}
