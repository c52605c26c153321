using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill completion</c>: a script that makes a shell ask <c>mill</c> itself what may come next.</summary>
internal sealed class CompletionCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _shell = Symbols.Choice("SHELL", Words.ShellArgument, ["bash", "zsh", "fish"]);

    public CompletionCommand(GlobalOptions global)
        : base("completion", Words.Completion)
    {
        _global = global;
        Add(_shell);
        SetAction(parsed => _global.Terminal.WriteLine(ScriptFor(parsed.GetRequiredValue(_shell))));
    }

    private static string ScriptFor(string shell) => shell switch
    {
        "bash" => CompletionScripts.Bash,
        "zsh" => CompletionScripts.Zsh,
        _ => CompletionScripts.Fish,
    };
}
