using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill verify</c></summary>
internal sealed class VerifyCommand : Command
{
    private readonly GlobalOptions _global;

    public VerifyCommand(GlobalOptions global)
        : base("verify", Words.Verify)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var answer = await client.VerifyAsync(cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, answer);
        }
        else
        {
            _global.Terminal.WriteLine(Words.Verified(answer));
            foreach (var problem in answer.Problems) _global.Terminal.WriteLine($"  - {Printable.From(problem)}");
        }
        return answer.Sound ? ExitCodes.Ok : ExitCodes.Damaged;
    }
}
