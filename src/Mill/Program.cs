using Mill.Commands;
using Mill.Hosting;
using Mill.Interaction;

// The answer to --version needs none of what follows.
if (args is ["--version"])
{
    Terminal.WriteVersion();
    return ExitCodes.Ok;
}
// YAML is read with a regular expression that its library has compiled: that takes longer than it ever saves a command.
if (args is [SyncCommand.Title, ..]) AppContext.SetSwitch("System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported", false);
// Every command may hold a token or a value.
CoreDumps.Forbid();
return await Cli.RunAsync(args, CliHost.OfThisProcess(), CancellationToken.None).ConfigureAwait(false);
