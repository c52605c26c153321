using Mill.Commands;
using Mill.Interaction;

// The answer to --version needs none of what follows.
if (args is ["--version"])
{
    Terminal.WriteVersion();
    return ExitCodes.Ok;
}
return await Cli.RunAsync(args, CliHost.OfThisProcess(), CancellationToken.None).ConfigureAwait(false);
