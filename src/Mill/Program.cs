using Mill.Commands;
using Mill.Hosting;
using Mill.Interaction;

// The answer to --version needs none of what follows.
if (args is ["--version"])
{
    Terminal.WriteVersion();
    return ExitCodes.Ok;
}
// Every command may hold a token or a value.
CoreDumps.Forbid();
return await Cli.RunAsync(args, CliHost.OfThisProcess(), CancellationToken.None).ConfigureAwait(false);
