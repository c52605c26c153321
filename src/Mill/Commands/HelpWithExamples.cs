using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>The help of a command, and under it what to type.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        if (Examples.For(PathOf(parseResult.CommandResult.Command)) is { } examples) parseResult.InvocationConfiguration.Output.WriteLine(examples);
        return ExitCodes.Ok;
    }

    /// <summary>The names of a command from the root down, as one types them.</summary>
    public static string PathOf(Command command)
    {
        foreach (var parent in command.Parents)
        {
            if (parent is Command above) return $"{PathOf(above)} {command.Name}";
        }
        return "mill";
    }
}
