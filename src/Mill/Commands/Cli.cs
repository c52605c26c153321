using System.CommandLine;
using System.CommandLine.Invocation;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>One run of the command line, from arguments to an exit code.</summary>
internal static class Cli
{
    // A value that starts with @ is a value, never the name of a file of arguments; and -ab is not -a -b.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellationToken)
    {
        var global = new GlobalOptions(host);
        var parsed = MillCommand.Create(global, args).Parse(args, Parsing);
        var json = parsed.GetResult(global.Json) is { Implicit: false };
        try
        {
            if (parsed.Action is ParseErrorAction) return UsageErrors.Report(parsed, host.Terminal, json);
            UsageErrors.RefuseMisspeltOption(parsed);
            // Signals are left alone: a short command dies of them like any other program, and a long one listens by itself.
            var invocation = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = new StreamWriter(host.Terminal.Output) { AutoFlush = true },
            };
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (OutputClosedException.IsCauseOf(e))
        {
            // Whoever closed it knows.
            return ExitCodes.OutputClosed;
        }
        catch (MillException e)
        {
            ErrorReport.Write(host.Terminal, Hints.ForTerminal(e), json);
            return ExitCodes.For(e.Error);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception e)
        {
            // The message of an unforeseen exception is not printed: nobody knows what it quotes.
            var detail = e is IOException or UnauthorizedAccessException ? e.Message : Words.Unexpected(e);
            ErrorReport.Write(host.Terminal, new(MillError.Internal, detail), json);
            return ExitCodes.Unexpected;
        }
    }
}
